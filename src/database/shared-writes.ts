import type { CompiledQuery, Dialect, Kysely, QueryResult } from 'kysely'
import { toAtOnce } from './at-once.ts'
import { gather } from './gather.ts'
import type { Database } from './schema.ts'
import { askTogether } from './statements-together.ts'
import { isDatabaseUnavailable } from './unavailable.ts'
import { toUndoneReason, type UndoneReason } from './undone.ts'

type Work<T = unknown> = (trx: Kysely<Database>) => Promise<T>

type Entry = { work: Work; resolve: (value: unknown) => void; reject: (error: unknown) => void }

type Send = (statement: CompiledQuery) => Promise<QueryResult<unknown>>

type Options = {
  db: Kysely<Database>
  dialect: Dialect
  /**
   * Runs what sends statements between begin and commit, or rollback where it rejects; rejects with the same error then.
   * @throws CommitUnknown, DatabaseUnavailable
   */
  transact: <T>(run: (send: Send) => Promise<T>) => Promise<T>
  /** Runs a work in a transaction of its own. */
  writeAlone: <T>(work: Work<T>) => Promise<T>
  /** Called for each shared transaction whose works run again, with what was thrown. */
  onUndone: (error: unknown) => void
}

/**
 * Transactions under way at once. The second keeps the others going while the first waits for a lock; with more of them
 * fewer works would share each.
 */
const atOnce = 2

/**
 * Group commit on PostgreSQL: works that come at the same time share a transaction. Where something has to be undone, it
 * is rolled back and each runs again in one of its own, so that none that fails takes another with it.
 */
export const createSharedWrites = (options: Options): (<T>(work: Work<T>) => Promise<T>) => {
  const add = gather<Entry>({
    atOnce,
    run: async batch => {
      const left = batch.length === 1 ? batch : await runShared(options, batch)
      // Not waited for: one of them may wait for a lock that the next transaction does not need.
      for (const { work, resolve, reject } of left) void options.writeAlone(work).then(resolve, reject)
    },
  })
  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      add({ work, resolve: resolve as (value: unknown) => void, reject })
    })
}

type Settled = PromiseSettledResult<unknown>[]

/** A shared transaction that must not be committed, because of what a statement or a work has thrown. */
class Undone extends Error {
  readonly isOfStatement: boolean

  constructor({ error, isOfStatement }: { error: unknown; isOfStatement: boolean }) {
    super('Something in a shared transaction has to be undone.', { cause: error })
    this.isOfStatement = isOfStatement
  }
}

/** Resolves to the entries that have to run again, each alone; the others are settled. */
const runShared = async (options: Options, batch: readonly Entry[]): Promise<readonly Entry[]> => {
  try {
    settle(batch, await options.transact(send => runTogether(options, batch, send)))
    return []
  } catch (error) {
    const reason = error instanceof Undone ? error.cause : error
    if (error instanceof Undone && isWorthAnother(error)) {
      options.onUndone(reason)
      return batch
    }
    // None is told its own reason: it may be what another had written, of which nothing is kept.
    for (const { reject } of batch) reject(reason)
    return []
  }
}

const runTogether = async (
  { db, dialect }: Options,
  batch: readonly Entry[],
  send: Send,
): Promise<Settled> => {
  const together = askTogether({ db, send })
  const settled = await Promise.allSettled(
    batch.map(async ({ work }, index) =>
      work(toAtOnce(db, dialect, statement => together.ask(index, statement))),
    ),
  )
  await together.ended()
  const failure = together.failure()
  if (failure) throw new Undone({ ...failure, isOfStatement: true })
  const refused = settled.find(({ status }, index) => status === 'rejected' && together.hasWritten(index))
  if (refused?.status === 'rejected') throw new Undone({ error: refused.reason, isOfStatement: false })
  return settled
}

/** Of failures by which the database cannot be used, those that only one of the works runs into, or that are over by then. */
const passing: ReadonlySet<UndoneReason> = new Set(['lock', 'schema'])

/** Whether each may succeed alone; not where the database cannot be used. */
const isWorthAnother = ({ cause, isOfStatement }: Undone): boolean =>
  !isOfStatement || !isDatabaseUnavailable(cause) || passing.has(toUndoneReason(cause))

const settle = (batch: readonly Entry[], settled: Settled): void => {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const result = settled[index]
    if (result?.status === 'fulfilled') resolve(result.value)
    else reject(result?.reason)
  }
}
