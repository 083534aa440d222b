import {
  type CompiledQuery,
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type QueryResult,
  sql,
} from 'kysely'
import pg from 'pg'
import type { Secret } from '../secret.ts'
import { toAtOnce } from './at-once.ts'
import { migrate } from './migrate.ts'
import { createPostgresTextIndex, hasTextIndex } from './postgres-text-index.ts'
import type { Database } from './schema.ts'
import { createSharedWrites } from './shared-writes.ts'
import { type Placeholders, prepare } from './statement.ts'
import type { Store } from './store.ts'
import { CommitUnknown, DatabaseUnavailable } from './unavailable.ts'
import { createUndone, isOfFormerSchema, toUndoneReason } from './undone.ts'

/** Deadlines in milliseconds, so that a request is answered whatever the server does. */
const connectTimeoutMs = 2_000
const statementTimeoutMs = 5_000
const lockTimeoutMs = 2_000
/** For transactions that several writes share: each of them that does not need the lock goes on alone then. */
const sharedLockTimeoutMs = 200
const idleInTransactionTimeoutMs = 10_000
/** A start waits this long for another process that changes the schema. */
const migrationTimeoutMs = 120_000
const connections = 10

type PostgresOptions = {
  /** Called for each new connection. */
  currentUrl: () => Secret
  /** Called when an idle connection breaks; the pool replaces it. */
  onIdleError: (error: unknown) => void
  /** Called when a statement has failed in a transaction that writes shared. Each may succeed by itself, and then nothing else tells. */
  onUndone: (error: unknown) => void
}

/** Opens and migrates a PostgreSQL store; any number of processes may share it. */
export const openPostgres = async ({
  currentUrl,
  onIdleError,
  onUndone,
}: PostgresOptions): Promise<Store> => {
  let { clock, isIndexed } = await migrateOnce(currentUrl)
  const pool = createPool(currentUrl, onIdleError, {
    max: connections,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    // pg's own deadline, for a server that does not answer at all.
    query_timeout: statementTimeoutMs + 1_000,
    keepAlive: true,
  })
  const kyselyPool = toKyselyPool(pool)
  const dialect = new PostgresDialect({ pool: kyselyPool })
  const db = new Kysely<Database>({ dialect })
  const undone = createUndone()
  const connection = {
    ...{ pool: kyselyPool, db, dialect },
    onUndone: (error: unknown) => {
      const reason = toUndoneReason(error)
      undone.count(reason)
      if (reason === 'statement') onUndone(error)
    },
  }
  const durable = createWrites({ ...connection, settings: '' })
  const notDurable = createWrites({ ...connection, settings: '; set local synchronous_commit = off' })
  return {
    db,
    write: (work, { durable: isDurable = true, mayShare = false } = {}) => {
      const { writeAlone, writeShared } = isDurable ? durable : notDurable
      return mayShare ? writeShared(work) : writeAlone(work)
    },
    takeFree: query => query.forUpdate().skipLocked(),
    takeTurns: async (trx, name) => {
      await takeLock(trx, { name })
    },
    now: () => Math.floor(clock.time + performance.now() - clock.readAt),
    readClock: async () => {
      clock = await readClock(db)
    },
    textIndex: createPostgresTextIndex(db, isIndexed),
    undone: undone.read,
    check: async () => void (await sql`select 1`.execute(db)),
    close: () => pool.end(),
  }
}

const createPool = (
  currentUrl: () => Secret,
  onIdleError: (error: unknown) => void,
  options: pg.PoolConfig,
): pg.Pool => {
  const pool = new pg.Pool({
    // Each connection is a new client that asks for the URL, so that a new password needs no restart.
    Client: class extends pg.Client {
      constructor(config?: pg.ClientConfig) {
        super({ ...config, connectionString: currentUrl().reveal() })
      }
    },
    connectionTimeoutMillis: connectTimeoutMs,
    // Statements of a transaction that do not depend on each other share a round trip.
    pipeline: true,
    ...options,
  })
  pool.on('error', onIdleError)
  // The pool listens to idle connections only. Without a listener, one that breaks in use would end the process; its
  // statement rejects anyway.
  pool.on('connect', client => client.on('error', () => undefined))
  return pool
}

/** The database's time in milliseconds since the epoch, and the time of the monotonic clock when it arrived. */
type ClockReading = { time: number; readAt: number }

/** Reads the monotonic clock after the answer, so that times computed from it are never ahead of the database's. */
const readClock = async (db: Kysely<Database>): Promise<ClockReading> => {
  const { rows } = await sql<{ time: string }>`select database_time() as time`.execute(db)
  return { time: Date.parse(rows[0]?.time ?? ''), readAt: performance.now() }
}

/** What is found out at the start. */
type Found = { clock: ClockReading; isIndexed: boolean }

/** Migrates on a connection of its own, which may wait longer than a request's, and reads the clock at the end. */
const migrateOnce = async (currentUrl: () => Secret): Promise<Found> => {
  const pool = createPool(currentUrl, () => undefined, { max: 1, lock_timeout: migrationTimeoutMs })
  try {
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: toKyselyPool(pool) }) })
    await migrate(db as never)
    const isIndexed = await hasTextIndex(db)
    return { isIndexed, clock: await readClock(db) }
  } finally {
    await pool.end()
  }
}

const takeLock = prepare((db, value: Placeholders<{ name: string }>) =>
  db
    .selectNoFrom(sql`pg_advisory_xact_lock(hashtextextended(${value.name}, 0))`.as('taken'))
    // So that of two transactions that take several locks at once neither waits for the other.
    .orderBy(value.name),
)

type WritesOptions = {
  pool: Pick<PostgresPool, 'connect'>
  db: Kysely<Database>
  dialect: PostgresDialect
  /** Statements that follow `begin` in one text with it, because each text is a round trip. */
  settings: string
  onUndone: (error: unknown) => void
}

type Write = <T>(work: (trx: Kysely<Database>) => Promise<T>) => Promise<T>

/** Writes that have a transaction alone, and such that may share one. */
const createWrites = ({
  pool,
  db,
  dialect,
  settings,
  onUndone,
}: WritesOptions): { writeAlone: Write; writeShared: Write } => {
  const transactions = new WeakMap<PostgresPoolClient, Kysely<Database>>()
  const toTransaction = (client: PostgresPoolClient): Kysely<Database> => {
    const trx = transactions.get(client) ?? toAtOnce(db, dialect, statement => run(client, statement))
    transactions.set(client, trx)
    return trx
  }
  const begin = `begin${settings}`
  const beginShared = `${begin}; set local lock_timeout = ${sharedLockTimeoutMs}`
  const transactAlone: Write = work => transact(pool, begin, client => work(toTransaction(client)))
  // A second time where its connection had prepared a statement for the schema of before: the next one has not.
  const writeAlone: Write = work =>
    transactAlone(work).catch(error => {
      if (isOfFormerSchema(error)) return transactAlone(work)
      throw error
    })
  const writeShared = createSharedWrites({
    db,
    dialect,
    writeAlone,
    onUndone,
    transact: runWith => transact(pool, beginShared, client => runWith(statement => run(client, statement))),
  })
  return { writeAlone, writeShared }
}

/** @throws CommitUnknown when the connection broke so late that the server may have committed */
const transact = async <T>(
  pool: Pick<PostgresPool, 'connect'>,
  begin: string,
  work: (client: PostgresPoolClient) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect()
  let isCommitting = false
  let isDiscarded = false
  try {
    await client.query(begin, [])
    const result = await work(client)
    isCommitting = true
    const { command } = await client.query('commit', [])
    if (String(command) === 'ROLLBACK')
      throw new Error('A statement had failed, so that nothing was committed.')
    return result
  } catch (error) {
    await client.query('rollback', []).catch(() => {
      isDiscarded = true
    })
    throw isCommitting && error instanceof DatabaseUnavailable ? new CommitUnknown(error) : error
  } finally {
    client.release(isDiscarded)
  }
}

const run = async (
  client: PostgresPoolClient,
  { sql: text, parameters }: CompiledQuery,
): Promise<QueryResult<unknown>> => {
  const { command, rowCount, rows } = await client.query<unknown>(text, parameters)
  return writes.has(command) ? { rows, numAffectedRows: BigInt(rowCount) } : { rows }
}

const writes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** Rejects with DatabaseUnavailable for errors of a connection, and with pg's own error for those of a statement. */
const toKyselyPool = (pool: pg.Pool): PostgresPool => {
  const clients = new WeakMap<pg.PoolClient, { client: PostgresPoolClient; schema: number }>()
  /** How often the schema was found to be changed. */
  let schema = 0
  const onFormerSchema = (found: number): void => {
    schema = Math.max(schema, found + 1)
  }
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await pool.connect().catch(error => Promise.reject(new DatabaseUnavailable(error)))
    const known = clients.get(client) ?? {
      client: toKyselyClient(client, onFormerSchema.bind(undefined, schema)),
      schema,
    }
    clients.set(client, known)
    if (known.schema === schema) return known.client
    // It would fail as the one did that found it.
    client.release(true)
    return connect()
  }
  return {
    connect,
    end: () => pool.end(),
    options: pool.options,
    Client: pg.Client,
  } as unknown as PostgresPool
}

const toKyselyClient = (client: pg.PoolClient, onFormerSchema: () => void): PostgresPoolClient => {
  let broken: unknown
  const toThrow = (error: unknown): unknown => {
    const isOfStatement = error instanceof pg.DatabaseError
    if (!isOfStatement || codesOfConnection.has(error.code ?? '')) broken = error
    if (isOfFormerSchema(error)) onFormerSchema()
    return isOfStatement ? error : new DatabaseUnavailable(error)
  }
  const query = async (text: string, values: readonly unknown[]) => {
    // A statement that timed out may still run on the server, and the next one would wait for it.
    if (broken) throw new DatabaseUnavailable(broken)
    return client.query(toQuery(text, values)).catch(error => {
      throw toThrow(error)
    })
  }
  return {
    query,
    release: (isDiscarded: boolean) => client.release(isDiscarded || Boolean(broken)),
  } as unknown as PostgresPoolClient
}

/**
 * After these errors the connection is discarded, because it would fail again: its server is read-only since a
 * fail-over (25006), or it has prepared statements for a schema that a newer version has extended (0A000).
 */
const codesOfConnection = new Set(['25006', '0A000'])

/** A named statement is parsed once per connection. A text without values has no name: it may be several statements. */
const toQuery = (text: string, values: readonly unknown[]): pg.QueryConfig =>
  values.length === 0 ? { text } : { text, values: [...values], ...toName(text) }

/** Far above the number of different statements; only lists of other lengths add to them. */
const maxNames = 500
const names = new Map<string, string>()

const toName = (text: string): { name?: string } => {
  const known = names.get(text)
  if (known) return { name: known }
  if (names.size >= maxNames) return {}
  const name = `s${names.size}`
  names.set(text, name)
  return { name }
}
