import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from 'kysely'
import pg from 'pg'
import type { Secret } from '../secret.ts'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'
import { DatabaseUnavailable } from './unavailable.ts'

/** Deadlines in milliseconds: whatever the server does, a request gets its answer. */
const connectTimeoutMs = 2_000
const statementTimeoutMs = 5_000
const lockTimeoutMs = 2_000
const idleInTransactionTimeoutMs = 10_000
const connections = 10

type PostgresOptions = {
  url: Secret
  /** Told of connections that broke while nobody used them; the pool replaces them. */
  onIdleError: (error: unknown) => void
}

/** Opens and migrates a PostgreSQL store; any number of processes may share it. */
export const openPostgres = async ({ url, onIdleError }: PostgresOptions): Promise<Store> => {
  const pool = new pg.Pool({
    connectionString: url.reveal(),
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    // Also ends a wait for a server that does not answer any more.
    query_timeout: statementTimeoutMs + 1_000,
  })
  pool.on('error', onIdleError)
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: toKyselyPool(pool) }) })
  try {
    await migrate(db as never)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    db,
    write: (work, { durable = true } = {}) =>
      db.transaction().execute(async trx => {
        if (!durable) await sql`set local synchronous_commit = off`.execute(trx)
        return work(trx)
      }),
    check: async () => void (await sql`select 1`.execute(db)),
    close: () => db.destroy(),
  }
}

/** Tells errors of the connection from those of a statement, which pg throws as the same class of error. */
const toKyselyPool = (pool: pg.Pool): PostgresPool => {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  return {
    connect: async () => {
      const client = await pool.connect().catch(error => Promise.reject(new DatabaseUnavailable(error)))
      const known = clients.get(client) ?? toKyselyClient(client)
      clients.set(client, known)
      return known
    },
    end: () => pool.end(),
    options: pool.options,
    Client: pg.Client,
  } as unknown as PostgresPool
}

const toKyselyClient = (client: pg.PoolClient): PostgresPoolClient =>
  ({
    query: (text: string, values: readonly unknown[]) =>
      client.query({ text, values: [...values], ...toName(text) }).catch(error => {
        throw error instanceof pg.DatabaseError ? error : new DatabaseUnavailable(error)
      }),
    release: (error?: Error | boolean) => client.release(error),
  }) as unknown as PostgresPoolClient

/** Far above the number of different statements; only a list's length makes new ones. */
const maxNames = 500
const names = new Map<string, string>()

/** A statement with a name is parsed once per connection. */
const toName = (text: string): { name?: string } => {
  const known = names.get(text)
  if (known) return { name: known }
  if (names.size >= maxNames) return {}
  const name = `s${names.size}`
  names.set(text, name)
  return { name }
}
