import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'

type Entry = {
  work: (trx: Kysely<Database>) => Promise<unknown>
  durable: boolean
  resolve: (value: unknown) => void
  reject: (reason: unknown) => void
}

/** What the queue needs of the engine. */
type Engine = {
  db: Kysely<Database>
  /** Sets whether the next commits survive a power failure. */
  setDurable: (durable: boolean) => void
  /** Runs a statement without parameters or rows, and without Kysely, whose layers cost more than the statement. */
  execute: (statement: string) => void
  /** Whether a transaction is open; SQLite ends it by itself after a full disk or an I/O error. */
  isInTransaction: () => boolean
}

/** Bounds how long readers wait behind one batch. */
const maxBatch = 128
/** Bounds how many turns of the event loop the first write waits for others to join its batch. */
const maxTurns = 8

/**
 * Group commit: writes that arrive while a transaction runs share the next one, so that concurrent requests share one
 * fsync. Each write has its own savepoint, so that one that fails undoes no other.
 */
export const createWriteQueue = (engine: Engine): Store['write'] => {
  let waiting: Entry[] = []
  let isRunning = false
  let isDurable = true

  const chooseDurability = (durable: boolean): void => {
    if (durable !== isDurable) engine.setDurable(durable)
    isDurable = durable
  }
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      await commit(engine, batch, () => chooseDurability(batch.some(entry => entry.durable)))
    }
    isRunning = false
  }

  /** Starts after the first turn that brings no new write, so that requests that arrive together commit together. */
  const gather = (known: number, turn: number): void => {
    setImmediate(() => {
      if (waiting.length > known && turn < maxTurns) gather(waiting.length, turn + 1)
      else void run()
    })
  }

  return <T>(work: (trx: Kysely<Database>) => Promise<T>, { durable = true } = {}) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, durable, resolve: resolve as (value: unknown) => void, reject })
      if (isRunning) return
      isRunning = true
      gather(0, 1)
    })
}

const commit = async (engine: Engine, batch: Entry[], prepare: () => void): Promise<void> => {
  try {
    // There is one connection. The batch keeps it to the end, because a read in between would see uncommitted rows.
    const outcomes = await engine.db.connection().execute(trx => {
      prepare()
      return carryOut(engine, trx, batch)
    })
    for (const settle of outcomes) settle()
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

const carryOut = async (
  { execute, isInTransaction }: Engine,
  trx: Kysely<Database>,
  batch: Entry[],
): Promise<(() => void)[]> => {
  // `immediate` waits for the write lock now. Without it, a write after a read could fail at once.
  execute('begin immediate')
  try {
    const outcomes: (() => void)[] = []
    for (const entry of batch) outcomes.push(await attempt(execute, trx, entry))
    execute('commit')
    return outcomes
  } catch (error) {
    if (isInTransaction()) execute('rollback')
    throw error
  }
}

const attempt = async (
  execute: Engine['execute'],
  trx: Kysely<Database>,
  { work, resolve, reject }: Entry,
): Promise<() => void> => {
  execute('savepoint entry')
  try {
    const value = await work(trx)
    execute('release entry')
    return () => resolve(value)
  } catch (error) {
    undo(execute, error)
    return () => reject(error)
  }
}

/** @throws the write's error if SQLite has rolled back the whole transaction because of it: the batch fails then */
const undo = (execute: Engine['execute'], error: unknown): void => {
  try {
    execute('rollback to entry')
  } catch {
    throw error
  }
  execute('release entry')
}
