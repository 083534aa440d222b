import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

/** Compared byte by byte on both engines, whatever language PostgreSQL was set up for: cursors depend on the order. */
const text = (db: Kysely<unknown>) => (isPostgres(db) ? sql`text collate "C"` : 'text')

/** Text everywhere and no engine's own types, so that SQLite and PostgreSQL run the same statements. */
const up = async (db: Kysely<unknown>): Promise<void> => {
  if (isPostgres(db)) await createDatabaseTime(db)
  await createClientTable(db)
  await createOperationTable(db)
  await createIdempotencyTable(db)
  await createRetrievalTable(db)
  await createAuditEventTable(db)
}

/** The clock that decides about expiry and leases; on SQLite the service provides it under the same name. */
const createDatabaseTime = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    create function database_time(later_ms bigint default 0) returns text language sql volatile
    return to_char(
      (clock_timestamp() + later_ms * interval '1 millisecond') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    )
  `.execute(db)
}

const createClientTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('client')
    .addColumn('client_id', text(db), column => column.primaryKey())
    .addColumn('team', text(db), column => column.notNull())
    .addColumn('name', text(db), column => column.notNull())
    .addColumn('search_text', text(db), column => column.notNull())
    .addColumn('state', text(db), column => column.notNull())
    .addColumn('replication', text(db), column => column.notNull())
    .addColumn('settings', text(db), column => column.notNull())
    .addColumn('version', 'integer', column => column.notNull().defaultTo(1))
    .addColumn('operation_id', text(db), column => column.notNull())
    .addColumn('retrieval_id', text(db), column => column.notNull())
    .addColumn('saved_at', text(db))
    .addColumn('created_at', text(db), column => column.notNull())
    .addColumn('created_by', text(db), column => column.notNull())
    .addColumn('updated_at', text(db), column => column.notNull())
    .execute()
  await db.schema.createIndex('client_by_team').on('client').columns(['team', 'client_id']).execute()
}

const createOperationTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('operation')
    .addColumn('operation_id', text(db), column => column.primaryKey())
    .addColumn('kind', text(db), column => column.notNull())
    .addColumn('client_id', text(db), column => column.notNull())
    .addColumn('team', text(db), column => column.notNull())
    .addColumn('state', text(db), column => column.notNull())
    .addColumn('failure', text(db))
    .addColumn('retrieval_id', text(db), column => column.notNull())
    .addColumn('answer', text(db))
    .addColumn('refusal', text(db))
    .addColumn('request_id', text(db), column => column.notNull())
    .addColumn('requested_by', text(db), column => column.notNull())
    .addColumn('created_at', text(db), column => column.notNull())
    .addColumn('lease_until', text(db), column => column.notNull())
    .addColumn('fence', 'integer', column => column.notNull().defaultTo(1))
    .addColumn('finished_at', text(db))
    .execute()
  await db.schema
    .createIndex('operation_unfinished')
    .on('operation')
    .column('operation_id')
    .where(sql.ref('state'), '=', sql.lit('intended'))
    .execute()
}

const createIdempotencyTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('idempotency')
    .addColumn('idempotency_id', text(db), column => column.primaryKey())
    .addColumn('request_digest', text(db), column => column.notNull())
    .addColumn('operation_id', text(db), column => column.notNull())
    .addColumn('created_at', text(db), column => column.notNull())
    .addColumn('expires_at', text(db), column => column.notNull())
    .execute()
  await db.schema.createIndex('idempotency_by_expiry').on('idempotency').column('expires_at').execute()
}

const createRetrievalTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('retrieval')
    .addColumn('retrieval_id', text(db), column => column.primaryKey())
    .addColumn('client_id', text(db), column => column.notNull())
    .addColumn('team', text(db), column => column.notNull())
    .addColumn('redeemable_by', text(db), column => column.notNull())
    .addColumn('state', text(db), column => column.notNull())
    .addColumn('sealed', text(db))
    .addColumn('created_at', text(db), column => column.notNull())
    .addColumn('created_by', text(db), column => column.notNull())
    .addColumn('expires_at', text(db), column => column.notNull())
    .addColumn('redeemed_at', text(db))
    .addColumn('redeemed_by', text(db))
    .execute()
  await db.schema
    .createIndex('retrieval_outstanding_by_expiry')
    .on('retrieval')
    .column('expires_at')
    .where(sql.ref('state'), '=', sql.lit('outstanding'))
    .execute()
}

const createAuditEventTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('audit_event')
    .addColumn('audit_event_id', isPostgres(db) ? 'bigserial' : 'integer', column => column.primaryKey())
    .addColumn('at', text(db), column => column.notNull())
    .addColumn('action', text(db), column => column.notNull())
    .addColumn('outcome', text(db), column => column.notNull())
    .addColumn('reason', text(db))
    .addColumn('subject', text(db), column => column.notNull())
    .addColumn('actor_client_id', text(db))
    .addColumn('team', text(db))
    .addColumn('client_id', text(db))
    .addColumn('operation_id', text(db))
    .addColumn('request_id', text(db), column => column.notNull())
    .execute()
}

export const initial = { up }
