import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

/**
 * A search needs no index, and an extension is not everybody's to create: without the right, without its files or against
 * a provider's list of what is allowed, there is none.
 */
const createTrigrams = sql`
  do $$ begin
    create extension if not exists pg_trgm;
  exception when others then null;
  end $$`

/** Where somebody has installed it already, it may be in a schema that is not looked through. */
const findSchemaOfTrigrams = async (db: Kysely<unknown>): Promise<string | undefined> => {
  const { rows } = await sql<{ name: string }>`
    select nspname as name from pg_extension
    join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'pg_trgm'`.execute(db)
  return rows[0]?.name
}

const upOnPostgres = async (db: Kysely<unknown>): Promise<void> => {
  await createTrigrams.execute(db)
  const schema = await findSchemaOfTrigrams(db)
  if (schema === undefined) return
  // That schema may be one that the account must not use.
  await sql`
    do $$ begin
      create index client_by_text on client using gin (search_text ${sql.ref(`${schema}.gin_trgm_ops`)});
    exception when insufficient_privilege then null;
    end $$`.execute(db)
}

/**
 * The pieces of a client's text cost more to write than the client, so they follow: what is due is a row that is added at
 * the end. The index keeps no text, and is told what it has of a client by a number that nothing renumbers.
 */
const upOnSqlite = async (db: Kysely<unknown>): Promise<void> => {
  await sql`create virtual table client_text using fts5 (
    search_text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
  )`.execute(db)
  await sql`create table client_text_entry (entry integer primary key, client_id text not null)`.execute(db)
  await sql`create table client_text_due (due integer primary key, client_id text not null)`.execute(db)
  await sql`insert into client_text_due (client_id) select client_id from client`.execute(db)
  await sql`create trigger client_text_of_new after insert on client begin
    insert into client_text_due (client_id) values (new.client_id);
  end`.execute(db)
  await sql`create trigger client_text_of_changed after update of search_text on client
    when new.search_text <> old.search_text begin
    insert into client_text_due (client_id) values (new.client_id);
  end`.execute(db)
  await sql`create trigger client_text_of_deleted after delete on client begin
    insert into client_text_due (client_id) values (old.client_id);
  end`.execute(db)
  await sql`create unique index client_by_text on client_text_entry (client_id)`.execute(db)
}

const up = async (db: Kysely<unknown>): Promise<void> => {
  if (isPostgres(db)) await upOnPostgres(db)
  else await upOnSqlite(db)
}

/** Searches find clients by pieces of their texts. */
export const textsOfClients = { up }
