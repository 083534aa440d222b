import type { CompiledQuery, Dialect, Kysely, QueryResult } from 'kysely'
import { toAtOnce } from './at-once.ts'
import { gather } from './gather.ts'
import type { Database } from './schema.ts'
import { askTogether, type Together } from './statements-together.ts'
import { isDatabaseUnavailable } from './unavailable.ts'

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

/** A shared transaction that must not be committed. */
class Undone extends Error {
  readonly failure: ReturnType<Together['failure']>

  constructor(failure: ReturnType<Together['failure']>) {
    super('Something in a shared transaction has to be undone.')
    this.failure = failure
  }
}

/** Resolves to the entries that have to run again, each alone; the others are settled. */
const runShared = async (options: Options, batch: readonly Entry[]): Promise<readonly Entry[]> => {
  try {
    settle(batch, await options.transact(send => runTogether(options, batch, send)))
    return []
  } catch (error) {
    if (error instanceof Undone && isWorthAnother(error)) return batch
    // None is told its own reason: it may be what another had written, of which nothing is kept.
    const reason = error instanceof Undone ? error.failure?.error : error
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
  const isUndone = settled.some(({ status }, index) => status === 'rejected' && together.hasWritten(index))
  if (failure || isUndone) throw new Undone(failure)
  return settled
}

/** SQLSTATEs of a wait for a lock that was too long (55P03), and of the loser of a deadlock: only one of them needs that row. */
const lockFailures = /^(55P03|40P01)$/

/** Whether each may succeed alone; not where the database cannot be used. */
const isWorthAnother = ({ failure }: Undone): boolean => {
  if (!failure) return true
  const { code } = failure.error as { code?: string }
  return !isDatabaseUnavailable(failure.error) || lockFailures.test(code ?? '')
}

const settle = (batch: readonly Entry[], settled: Settled): void => {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const result = settled[index]
    if (result?.status === 'fulfilled') resolve(result.value)
    else reject(result?.reason)
  }
}
