import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

const up = async (db: Kysely<unknown>): Promise<void> => {
  const text = isPostgres(db) ? sql`text collate "C"` : 'text'
  await db.schema.alterTable('client').addColumn('disabled_at', text).execute()
}

/** Clients keep since when they are switched off, because one can be deleted only some time after that. */
export const disabledClients = { up }
