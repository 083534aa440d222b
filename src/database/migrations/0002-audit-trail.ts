import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

/** Without a rule against null, because a replica of the version before goes on writing events without them. */
const added = ['teams', 'acting_parties', 'address', 'rule']

/** Each ends with the key of the cursor, so that a page is read in order from where the last one ended. */
const indexes = {
  audit_event_by_time: ['at', 'audit_event_id'],
  audit_event_by_team: ['team', 'at', 'audit_event_id'],
  audit_event_by_client: ['client_id', 'at', 'audit_event_id'],
}

const up = async (db: Kysely<unknown>): Promise<void> => {
  const text = isPostgres(db) ? sql`text collate "C"` : 'text'
  for (const column of added) await db.schema.alterTable('audit_event').addColumn(column, text).execute()
  for (const [name, columns] of Object.entries(indexes))
    await db.schema.createIndex(name).on('audit_event').columns(columns).execute()
  await (isPostgres(db) ? appendOnlyOnPostgres(db) : appendOnlyOnSqlite(db))
}

const appendOnlyOnSqlite = async (db: Kysely<unknown>): Promise<void> => {
  for (const change of ['update', 'delete'])
    await sql`
      create trigger ${sql.ref(`audit_event_no_${change}`)} before ${sql.raw(change)} on audit_event
      begin select raise(abort, 'audit_event is append-only'); end
    `.execute(db)
}

const appendOnlyOnPostgres = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    create function refuse_audit_change() returns trigger language plpgsql as $$
    begin raise exception 'audit_event is append-only' using errcode = 'restrict_violation'; end $$
  `.execute(db)
  await sql`
    create trigger audit_event_append_only before update or delete or truncate on audit_event
    for each statement execute function refuse_audit_change()
  `.execute(db)
}

/** Events tell more of who acted, can be listed, and are neither changed nor removed. */
export const auditTrail = { up }
