import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

const up = async (db: Kysely<unknown>): Promise<void> => {
  const text = isPostgres(db) ? sql`text collate "C"` : 'text'
  // Without a rule against null, because a replica of the version before goes on writing rows without it.
  await db.schema.alterTable('retrieval').addColumn('created_by_client_id', text).execute()
}

/** Retrievals keep the OAuth client of the caller they are issued to. */
export const requestingClient = { up }
