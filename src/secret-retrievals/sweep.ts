import { sql } from 'kysely'
import type { Store } from '../database/store.ts'

/** Rows of one transaction at most, so that a sweep holds up no request. */
const batchSize = 500

/**
 * Erases the sealed secrets of expired retrievals and deletes expired idempotency keys. It reads indexes by expiry, so
 * its work depends on what is due, not on what is stored. After the signal it ends with the transaction under way and
 * leaves the rest to the next sweep.
 */
export const sweepExpired = async (
  store: Store,
  signal?: AbortSignal,
): Promise<{ retrievals: number; idempotencyKeys: number }> => ({
  retrievals: await untilDone(() => expireRetrievals(store), signal),
  idempotencyKeys: await untilDone(() => forgetKeys(store), signal),
})

/** In a subquery it is called once; PostgreSQL would otherwise call it for every row and could not use the index. */
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

/** Skips rows that another replica is sweeping: two that wait for each other's rows would be in a deadlock. */
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
