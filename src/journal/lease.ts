import { type Expression, type RawBuilder, sql } from 'kysely'
import { databaseTime } from '../database/database-time.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Store } from '../database/store.ts'
import type { LeasedOperation } from './change.ts'

/**
 * A PUT or DELETE holds its client for that many time-outs. A call ends after a few of them, its token and its
 * repetition included; after the rest a request that hangs has arrived, or proxies and the network have let it go.
 */
const lateCallTimeouts = 30

/** How long a PUT or DELETE without an answer holds its client, in milliseconds. */
export const lateCallMs = (timeoutMs: number): number => lateCallTimeouts * timeoutMs

/**
 * Recovery point `held`, durable before a client in PingFederate is replaced or deleted: until the time is over nobody
 * settles the operation, so that nobody else has the client when the call arrives late. False when the lease is over,
 * as after a long pause of the process; the call must not be sent then.
 */
export const holdForLateCall = async (
  store: Store,
  { operationId, fence }: Pick<LeasedOperation, 'operationId' | 'fence'>,
  timeoutMs: number,
): Promise<boolean> => {
  const lease = { operationId, fence, leaseMs: lateCallMs(timeoutMs) }
  const { numAffectedRows } = await store.write(trx => prolongLease(trx, lease), { mayShare: true })
  return numAffectedRows === 1n
}

const prolongLease = prepare(
  (db, value: Placeholders<{ operationId: string; fence: number; leaseMs: number }>) =>
    db
      .updateTable('operation')
      .set({ lease_until: toLease(value.leaseMs) })
      .where('operation_id', '=', value.operationId)
      .where('state', '=', 'intended')
      .where('fence', '=', value.fence)
      .where('lease_until', '>', databaseTime),
)

/**
 * For a request that has ended and does not know how the operation has: the lease is over once a call that still hangs
 * would have ended as well, so that the operation is settled soon. Never after a PUT or DELETE was sent.
 */
export const endLeaseSoon = async (
  store: Store,
  { operationId, fence }: Pick<LeasedOperation, 'operationId' | 'fence'>,
  timeoutMs: number,
): Promise<void> => {
  await store.write(
    trx =>
      trx
        .updateTable('operation')
        .set({ lease_until: toLease(timeoutMs) })
        .where('operation_id', '=', operationId)
        .where('state', '=', 'intended')
        .where('fence', '=', fence)
        .execute(),
    { durable: false },
  )
}

/** End of a lease that begins now: by the database's clock, because replicas need not agree on theirs. */
export const toLease = (leaseMs: number | Expression<number>): RawBuilder<string> =>
  sql<string>`database_time(${leaseMs})`
