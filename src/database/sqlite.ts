import { accessSync, constants, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'
import { lockSqliteFile } from './sqlite-lock.ts'
import type { Store } from './store.ts'
import { DatabaseUnavailable } from './unavailable.ts'
import { createWriteQueue } from './write-queue.ts'

/** How long a statement waits for another process that holds the lock, in milliseconds. */
const busyTimeoutMs = 2_000

type SqliteOptions = {
  /** Path of the database file; missing folders are made. */
  path: string
  /** Milliseconds since the epoch; on SQLite the service's clock is the database's clock. */
  now: () => number
  /** Told once when nobody knows any more what of the file is on disk; nothing is written from then on. */
  onSyncFailure?: (error: unknown) => void
}

/**
 * Opens (and makes, and migrates) the embedded store: WAL, durable at every commit that says so.
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
    // SQLite takes a file that it may not write for one to be read, and says so only to the first that writes.
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
  const db = new Kysely<Database>({ dialect: new Dialect({ database: adapt(connection, prepare) }) })
  // The journal of the savepoints goes into memory: as a file it was two thirds of all that was written.
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY')
  connection.function('database_time', { varargs: true }, createTimeText(now))
  await migrate(db as never)
  const write = createWriteQueue({
    db,
    setDurable: durable => connection.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`),
    execute: statement => void prepare(statement).run([]),
    isInTransaction: () => connection.isTransaction,
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    // Last in the queue, so that what was asked for before is done.
    await write(async () => undefined, { durable: false }).catch(() => undefined)
    await db.destroy()
    lock.release()
  }
  return {
    db,
    write,
    // There is never another write.
    takeFree: query => query,
    takeTurns: async () => undefined,
    now,
    readClock: async () => undefined,
    check: async () => void (await sql`select 1`.execute(db)),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** As any defect does: the log tells it, requests under way are finished, and the exit code is 1. */
const endProcess = (error: unknown): void => {
  setImmediate(() => {
    throw error
  })
}

/** Extended result codes of a sync that failed, of the file and of its folder. */
const syncFailures = new Set([1034, 1290])

/**
 * After a sync that failed, the next one succeeds although what was written before is lost: Linux reports it once.
 * So that nobody is promised anything on top of that, only a restart, which reads the file anew, writes again.
 */
const untilSyncFails = (write: Store['write'], onSyncFailure: (error: unknown) => void): Store['write'] => {
  let failure: { error: unknown } | undefined
  return async (work, options) => {
    if (failure) throw new DatabaseUnavailable(failure.error)
    try {
      return await write(work, options)
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

/** SQLite takes a schema change back like any other; without this a start that breaks off would leave half a schema. */
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

/** A batch asks for the time several times for each of its writes, nearly always within the same millisecond. */
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

/** Every statement is prepared once. */
const prepareOnce = (connection: DatabaseSync): Prepare => {
  const statements = new Map<string, SqliteStatement>()
  return text => {
    const statement = statements.get(text) ?? toSqliteStatement(connection.prepare(text))
    statements.set(text, statement)
    return statement
  }
}

/** What Kysely expects of better-sqlite3, by node:sqlite. */
const adapt = (connection: DatabaseSync, prepare: Prepare): SqliteDatabase => ({
  close: () => connection.close(),
  prepare: text => {
    // SQLite has done it by itself after a full disk or an I/O error; failing now would hide that reason.
    if (text === 'rollback' && !connection.isTransaction) return nothing
    // Every transaction here writes: taking the lock at once waits for it, taking it later can only fail.
    return prepare(text === 'begin' ? 'begin immediate' : text)
  },
})

const toSqliteStatement = (statement: StatementSync): SqliteStatement => ({
  reader: statement.columns().length > 0,
  all: parameters => statement.all(...(parameters as SQLInputValue[])),
  run: parameters => statement.run(...(parameters as SQLInputValue[])),
  iterate: parameters => statement.iterate(...(parameters as SQLInputValue[])),
})

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}
