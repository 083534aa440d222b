import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

const up = async (db: Kysely<unknown>): Promise<void> => {
  const text = isPostgres(db) ? sql`text collate "C"` : 'text'
  // Without a rule against null, because a replica of the version before goes on writing rows without them.
  for (const name of ['drift', 'drift_found_at'])
    await db.schema.alterTable('client').addColumn(name, text).execute()
  // Has few rows, so that counting what has drifted does not read all clients.
  await db.schema
    .createIndex('client_drifted')
    .on('client')
    .column('drift')
    .where(sql.ref('drift'), 'is not', sql.lit(null))
    .execute()
}

/** Clients keep how PingFederate was found to differ from what was set, and since when. */
export const driftedClients = { up }
