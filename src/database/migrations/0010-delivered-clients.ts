import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

const up = async (db: Kysely<unknown>): Promise<void> => {
  const text = isPostgres(db) ? sql`text collate "C"` : 'text'
  // Without a rule against null, because most clients have none, and a replica of the version before writes rows without it.
  await db.schema.alterTable('client').addColumn('delivery', text).execute()
}

/** Clients keep which web sessions of PingAccess their secret was put into. */
export const deliveredClients = { up }
