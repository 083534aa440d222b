import type { Kysely } from 'kysely'
import { gather } from './gather.ts'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'
import { toUndoneReason, type UndoneReason } from './undone.ts'

type Entry = {
  work: (trx: Kysely<Database>) => Promise<unknown>
  durable: boolean
  resolve: (value: unknown) => void
  reject: (reason: unknown) => void
}

/** What the queue needs of the engine. */
type Engine = {
  /** For its only connection. */
  db: Kysely<Database>
  /** For what runs in a transaction. */
  trx: Kysely<Database>
  /** Sets whether the next commits survive a power failure. */
  setDurable: (durable: boolean) => void
  /** Runs a statement without parameters or rows, and without Kysely, whose layers cost more than the statement. */
  execute: (statement: string) => void
  /** How often `trx` has been asked for anything but rows, ever. */
  countWrites: () => number
  /** Whether a transaction is open; SQLite ends it by itself after a full disk or an I/O error. */
  isInTransaction: () => boolean
  /** Called for each transaction that several writes shared and that ran again. */
  onUndone: (reason: UndoneReason) => void
}

/**
 * Group commit: writes that arrive while a transaction runs share the next one, so that concurrent requests share one
 * fsync. One that fails undoes no other: where it has written something, the transaction is rolled back and runs again
 * with a savepoint for each, and the next one has them from the beginning. Without need they would cost as much as what
 * is written.
 */
export const createWriteQueue = (engine: Engine): Store['write'] => {
  let isDurable = true
  let isCareful = false

  const chooseDurability = (durable: boolean): void => {
    if (durable !== isDurable) engine.setDurable(durable)
    isDurable = durable
  }
  const add = gather<Entry>({
    // There is one connection.
    atOnce: 1,
    run: async batch => {
      isCareful = await commit(engine, batch, {
        isCareful,
        prepare: () => chooseDurability(batch.some(entry => entry.durable)),
      })
    },
  })
  return <T>(work: (trx: Kysely<Database>) => Promise<T>, { durable = true } = {}) =>
    new Promise<T>((resolve, reject) => {
      add({ work, durable, resolve: resolve as (value: unknown) => void, reject })
    })
}

/** How a write ended: what is to be told once the transaction is committed, and whether something had to be undone. */
type Outcome = { settle: () => void; undone?: { error: unknown } }

/** Resolves to whether something had to be undone. */
const commit = async (
  engine: Engine,
  batch: Entry[],
  { isCareful, prepare }: { isCareful: boolean; prepare: () => void },
): Promise<boolean> => {
  try {
    // There is one connection. The batch keeps it to the end, because a read in between would see uncommitted rows.
    const outcomes = await engine.db.connection().execute(async () => {
      prepare()
      const together = isCareful ? undefined : await carryOut(engine, batch, runTogether)
      return together ?? (await carryOut(engine, batch, runApart)) ?? []
    })
    const undone = outcomes.find(outcome => outcome.undone)?.undone
    // What has a transaction to itself takes nothing with it.
    if (undone && !isCareful && batch.length > 1) engine.onUndone(toUndoneReason(undone.error))
    for (const { settle } of outcomes) settle()
    return undone !== undefined
  } catch (error) {
    for (const { reject } of batch) reject(error)
    return false
  }
}

type Run = (engine: Engine, entry: Entry) => Promise<Outcome | undefined>

/** Undefined where the batch has to run again, of which nothing is left then. */
const carryOut = async (engine: Engine, batch: Entry[], run: Run): Promise<Outcome[] | undefined> => {
  const { execute, isInTransaction } = engine
  // `immediate` waits for the write lock now. Without it, a write after a read could fail at once.
  execute('begin immediate')
  try {
    const outcomes: Outcome[] = []
    for (const entry of batch) {
      const outcome = await run(engine, entry)
      if (outcome) outcomes.push(outcome)
      else break
    }
    const isComplete = outcomes.length === batch.length
    execute(isComplete ? 'commit' : 'rollback')
    return isComplete ? outcomes : undefined
  } catch (error) {
    if (isInTransaction()) execute('rollback')
    throw error
  }
}

const runTogether: Run = async ({ trx, countWrites, isInTransaction }, { work, resolve, reject }) => {
  const before = countWrites()
  try {
    const value = await work(trx)
    return { settle: () => resolve(value) }
  } catch (error) {
    if (!isInTransaction()) throw error
    return countWrites() === before ? { settle: () => reject(error) } : undefined
  }
}

const runApart: Run = async ({ trx, execute }, { work, resolve, reject }) => {
  execute('savepoint entry')
  try {
    const value = await work(trx)
    execute('release entry')
    return { settle: () => resolve(value) }
  } catch (error) {
    undo(execute, error)
    return { settle: () => reject(error), undone: { error } }
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
