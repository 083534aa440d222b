import { accessSync, constants, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  Kysely,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
  sql,
} from 'kysely'
import { toAtOnce } from './at-once.ts'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'
import { lockSqliteFile } from './sqlite-lock.ts'
import { createSqliteTextIndex } from './sqlite-text-index.ts'
import type { Store } from './store.ts'
import { DatabaseUnavailable } from './unavailable.ts'
import { createUndone } from './undone.ts'
import { createWriteQueue } from './write-queue.ts'

/** How long a statement waits for another process that holds the lock, in milliseconds. */
const busyTimeoutMs = 2_000

type SqliteOptions = {
  /** Path of the database file; missing folders are made. */
  path: string
  /** Milliseconds since the epoch; on SQLite the service's clock is the database's clock. */
  now: () => number
  /** Called once, after a failed fsync. It is unknown then what is on disk, and nothing is written any more. */
  onSyncFailure?: (error: unknown) => void
}

/**
 * Opens the embedded store, in WAL mode, and makes and migrates its file where needed.
 * @throws DatabaseStartError when another process has it open
 */
export const openSqlite = async ({
  path,
  now,
  onSyncFailure = endProcess,
}: SqliteOptions): Promise<Store> => {
  mkdirSync(dirname(path), { recursive: true })
  const lock = lockSqliteFile(path)
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path, { timeout: busyTimeoutMs })
    const store = await openConnection(connection, now, lock)
    // SQLite opens a file that it may not write for reading, and would report that at the first write only.
    if (path !== ':memory:') accessSync(path, constants.W_OK)
    return { ...store, write: untilSyncFails(store.write, onSyncFailure) }
  } catch (error) {
    connection?.close()
    lock.release()
    throw error
  }
}

const openConnection = async (
  connection: DatabaseSync,
  now: () => number,
  lock: { release: () => void },
): Promise<Store> => {
  const prepare = prepareOnce(connection)
  const dialect = new Dialect({ database: adapt(connection, prepare) })
  const db = new Kysely<Database>({ dialect })
  // `temp_store` keeps the savepoints' journal in memory: as a file it was two thirds of all that was written.
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY')
  connection.function('database_time', { varargs: true }, createTimeText(now))
  await migrate(db as never)
  const undone = createUndone()
  let writes = 0
  const write = createWriteQueue({
    db,
    trx: toAtOnce(db, dialect, ({ query, sql: text, parameters }) => {
      // What was sent together with a statement that struck a full disk would be committed by itself.
      if (!connection.isTransaction) throw new Error('SQLite has rolled the transaction back.')
      if (query.kind !== 'SelectQueryNode') writes += 1
      return toResult(prepare(text), parameters)
    }),
    countWrites: () => writes,
    setDurable: durable => connection.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`),
    execute: statement => void prepare(statement).run([]),
    isInTransaction: () => connection.isTransaction,
    onUndone: undone.count,
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    // An empty write is the last in the queue, so once it is done all writes before it are done.
    await write(async () => undefined, { durable: false }).catch(() => undefined)
    await db.destroy()
    lock.release()
  }
  return {
    db,
    write,
    // Only one write runs at a time, so there is no other one to avoid or to wait for.
    takeFree: query => query,
    takeTurns: async () => undefined,
    now,
    readClock: async () => undefined,
    textIndex: createSqliteTextIndex({ write }),
    undone: undone.read,
    check: async () => void (await sql`select 1`.execute(db)),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** Ends the process as an unexpected error does: it is logged, requests under way are finished, the exit code is 1. */
const endProcess = (error: unknown): void => {
  setImmediate(() => {
    throw error
  })
}

/** SQLite's codes for a failed fsync of the file (SQLITE_IOERR_FSYNC) and of its folder (SQLITE_IOERR_DIR_FSYNC). */
const syncFailures = new Set([1034, 1290])

/**
 * Refuses every write after a failed fsync. Linux reports such a failure once: the next fsync succeeds although earlier
 * writes are lost, and a commit on top of them would promise what is not on disk. A restart reads the file anew and
 * writes again.
 */
const untilSyncFails = (write: Store['write'], onSyncFailure: (error: unknown) => void): Store['write'] => {
  let failure: { error: unknown } | undefined
  const refuse = (): void => {
    if (failure) throw new DatabaseUnavailable(failure.error)
  }
  return async (work, options) => {
    refuse()
    // Again when its turn comes: the sync may have failed while it waited in the queue.
    const workUnlessFailed: typeof work = async trx => {
      refuse()
      return work(trx)
    }
    try {
      return await write(workUnlessFailed, options)
    } catch (error) {
      const { errcode } = error as { errcode?: number }
      if (!failure && syncFailures.has(errcode ?? 0)) {
        failure = { error }
        onSyncFailure(error)
      }
      throw error
    }
  }
}

/** Tells Kysely that SQLite rolls back schema changes; otherwise a start that breaks off would leave half a schema. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class Dialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new Adapter()
  }
}

/** Keeps the last text, because a batch asks for the time several times per write and within the same millisecond. */
const createTimeText = (now: () => number): ((laterMs?: unknown) => string) => {
  let last = { at: Number.NaN, text: '' }
  return laterMs => {
    const at = now()
    if (laterMs !== undefined) return new Date(at + Number(laterMs)).toISOString()
    if (at !== last.at) last = { at, text: new Date(at).toISOString() }
    return last.text
  }
}

type Prepare = (text: string) => SqliteStatement

/** Far above the number of different statements; only lists of other lengths add to them. */
const maxStatements = 500

/** A statement is prepared once. */
const prepareOnce = (connection: DatabaseSync): Prepare => {
  const statements = new Map<string, SqliteStatement>()
  return text => {
    const known = statements.get(text)
    if (known) return known
    const statement = toSqliteStatement(connection.prepare(text))
    if (statements.size < maxStatements) statements.set(text, statement)
    return statement
  }
}

/** node:sqlite in the form of better-sqlite3, which Kysely expects. */
const adapt = (connection: DatabaseSync, prepare: Prepare): SqliteDatabase => ({
  close: () => connection.close(),
  prepare: text => {
    // After a full disk or an I/O error SQLite has rolled back already; an error here would hide that one.
    if (text === 'rollback' && !connection.isTransaction) return nothing
    // `immediate` waits for the write lock now. Without it, a write after a read could fail at once.
    return prepare(text === 'begin' ? 'begin immediate' : text)
  },
})

const toSqliteStatement = (statement: StatementSync): SqliteStatement => ({
  reader: statement.columns().length > 0,
  all: parameters => statement.all(...(parameters as SQLInputValue[])),
  run: parameters => statement.run(...(parameters as SQLInputValue[])),
  iterate: parameters => statement.iterate(...(parameters as SQLInputValue[])),
})

/** As Kysely has it from its own driver. */
const toResult = (statement: SqliteStatement, parameters: readonly unknown[]): QueryResult<unknown> => {
  if (statement.reader) return { rows: statement.all(parameters) }
  return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) }
}

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}
