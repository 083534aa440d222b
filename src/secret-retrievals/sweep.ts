import { sql } from 'kysely'
import type { Store } from '../database/store.ts'

/** One transaction touches this many rows, so that neither engine holds up requests. */
const batchSize = 500

/**
 * Erases the sealed secrets of retrievals that have expired, and forgets idempotency keys whose time is over.
 * The indexes by expiry make its work depend on what is due, not on what is stored. When the signal comes it ends after
 * the transaction under way: the rest is as due for the next.
 */
export const sweepExpired = async (
  store: Store,
  signal?: AbortSignal,
): Promise<{ retrievals: number; idempotencyKeys: number }> => ({
  retrievals: await untilDone(() => expireRetrievals(store), signal),
  idempotencyKeys: await untilDone(() => forgetKeys(store), signal),
})

/** As a query it is asked once; PostgreSQL would call the function for every row, and so could not use the index. */
const now = sql<string>`(select database_time())`

const untilDone = async (
  sweepBatch: () => Promise<number>,
  signal: AbortSignal | undefined,
): Promise<number> => {
  let total = 0
  for (let isFull = true; isFull && !signal?.aborted; ) {
    const swept = await sweepBatch()
    total += swept
    isFull = swept === batchSize
  }
  return total
}

/** Rows that another replica sweeps at this moment are left to it; waiting for each other's rows would be a deadlock. */
const expireRetrievals = (store: Store): Promise<number> =>
  store.write(async trx => {
    const due = trx
      .selectFrom('retrieval')
      .select('retrieval_id')
      .where('state', '=', sql.lit('outstanding'))
      .where('expires_at', '<=', now)
      .limit(batchSize)
    const { numUpdatedRows } = await trx
      .with('due', () => store.takeFree(due))
      .updateTable('retrieval')
      .set({ state: 'expired', sealed: null })
      .where('retrieval_id', 'in', db => db.selectFrom('due').select('retrieval_id'))
      .where('state', '=', 'outstanding')
      .executeTakeFirst()
    return Number(numUpdatedRows)
  })

const forgetKeys = (store: Store): Promise<number> =>
  store.write(async trx => {
    const due = trx
      .selectFrom('idempotency')
      .select('idempotency_id')
      .where('expires_at', '<=', now)
      .limit(batchSize)
    const { numDeletedRows } = await trx
      .with('due', () => store.takeFree(due))
      .deleteFrom('idempotency')
      .where('idempotency_id', 'in', db => db.selectFrom('due').select('idempotency_id'))
      .executeTakeFirst()
    return Number(numDeletedRows)
  })
