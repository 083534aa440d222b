import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'

type Entry = {
  work: (trx: Kysely<Database>) => Promise<unknown>
  durable: boolean
  resolve: (value: unknown) => void
  reject: (reason: unknown) => void
}

/** Bounds how long readers wait behind one batch. */
const maxBatch = 128
/** Bounds how long what came first waits for company: turns of the event loop, each as long as its input takes. */
const maxTurns = 8

const savepoint = sql`savepoint entry`
const rollback = sql`rollback to savepoint entry`
const release = sql`release savepoint entry`

/**
 * Group commit: what asks to write while a transaction runs shares the next one, so that concurrent requests
 * share one fsync. Each piece of work has its own savepoint, so that a failing one takes nobody with it.
 */
export const createWriteQueue = (
  db: Kysely<Database>,
  setDurable: (durable: boolean) => void,
): Store['write'] => {
  let waiting: Entry[] = []
  let isRunning = false
  let isDurable = true

  const chooseDurability = (durable: boolean): void => {
    if (durable !== isDurable) setDurable(durable)
    isDurable = durable
  }
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      await commit(db, batch, () => chooseDurability(batch.some(entry => entry.durable)))
    }
    isRunning = false
  }

  /** Waits for the first turn that brings nothing new, so that requests that arrive together commit together. */
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

const commit = async (db: Kysely<Database>, batch: Entry[], prepare: () => void): Promise<void> => {
  try {
    prepare()
    const outcomes = await db.transaction().execute(async trx => {
      const settled: (() => void)[] = []
      for (const entry of batch) settled.push(await attempt(trx, entry))
      return settled
    })
    for (const settle of outcomes) settle()
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

const attempt = async (trx: Kysely<Database>, { work, resolve, reject }: Entry): Promise<() => void> => {
  await savepoint.execute(trx)
  try {
    const value = await work(trx)
    await release.execute(trx)
    return () => resolve(value)
  } catch (error) {
    await rollback.execute(trx).catch(() => {
      // After a full disk or an I/O error SQLite has rolled everything back by itself: it is the batch's error then.
      throw error
    })
    await release.execute(trx)
    return () => reject(error)
  }
}
