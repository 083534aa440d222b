import { type Kysely, sql } from 'kysely'

/** Text everywhere and no engine's own types, so that SQLite and PostgreSQL run the same statements. */
const up = async (db: Kysely<unknown>): Promise<void> => {
  await createClientTable(db)
  await createOperationTable(db)
  await createRetrievalTable(db)
  await createAuditEventTable(db)
}

const createClientTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('client')
    .addColumn('client_id', 'text', column => column.primaryKey())
    .addColumn('team', 'text', column => column.notNull())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('replication', 'text', column => column.notNull())
    .addColumn('settings', 'text', column => column.notNull())
    .addColumn('version', 'integer', column => column.notNull().defaultTo(1))
    .addColumn('operation_id', 'text', column => column.notNull())
    .addColumn('retrieval_id', 'text', column => column.notNull())
    .addColumn('saved_at', 'text')
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('created_by', 'text', column => column.notNull())
    .addColumn('updated_at', 'text', column => column.notNull())
    .execute()
  await db.schema.createIndex('client_by_team').on('client').columns(['team', 'client_id']).execute()
}

const createOperationTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('operation')
    .addColumn('operation_id', 'text', column => column.primaryKey())
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('client_id', 'text', column => column.notNull())
    .addColumn('team', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('failure', 'text')
    .addColumn('request_id', 'text', column => column.notNull())
    .addColumn('requested_by', 'text', column => column.notNull())
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('lease_until', 'text', column => column.notNull())
    .addColumn('finished_at', 'text')
    .execute()
  await db.schema
    .createIndex('operation_unfinished')
    .on('operation')
    .column('operation_id')
    .where(sql.ref('state'), '=', sql.lit('intended'))
    .execute()
}

const createRetrievalTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('retrieval')
    .addColumn('retrieval_id', 'text', column => column.primaryKey())
    .addColumn('client_id', 'text', column => column.notNull())
    .addColumn('team', 'text', column => column.notNull())
    .addColumn('redeemable_by', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('sealed', 'text')
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('created_by', 'text', column => column.notNull())
    .addColumn('expires_at', 'text', column => column.notNull())
    .addColumn('redeemed_at', 'text')
    .addColumn('redeemed_by', 'text')
    .execute()
}

const createAuditEventTable = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('audit_event')
    .addColumn('audit_event_id', 'integer', column => column.primaryKey())
    .addColumn('at', 'text', column => column.notNull())
    .addColumn('action', 'text', column => column.notNull())
    .addColumn('outcome', 'text', column => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('subject', 'text', column => column.notNull())
    .addColumn('actor_client_id', 'text')
    .addColumn('team', 'text')
    .addColumn('client_id', 'text')
    .addColumn('operation_id', 'text')
    .addColumn('request_id', 'text', column => column.notNull())
    .execute()
}

export const initial = { up }
