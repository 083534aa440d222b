import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

const up = async (db: Kysely<unknown>): Promise<void> => {
  const text = isPostgres(db) ? sql`text collate "C"` : 'text'
  // Without a rule against null, because a replica of the version before goes on writing rows without them.
  for (const name of ['replaced_by', 'previous_ends_at'])
    await db.schema.alterTable('retrieval').addColumn(name, text).execute()
}

/** Retrievals keep which rotation replaces their secret, and when the secret before it ends. */
export const secretRotations = { up }
