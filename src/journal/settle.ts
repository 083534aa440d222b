import { type Kysely, sql } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import { databaseTime } from '../database/database-time.ts'
import type { Database, OperationRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { isTooLong, PingFederateFailure } from '../pingfederate/failure.ts'
import type { Evidence, Journal } from './change.ts'
import { toLeased, writeEnd } from './finish.ts'
import { toLease } from './lease.ts'

/** The end of an operation, and the client that the engines do not have yet, for whoever settled it to publish. */
export type Settled = { unpublished: string[] }

/** Looking a client up and asking for the topology are three calls; one more leaves room for a renewed token. */
const maxCalls = 4

/**
 * Ends an operation that nobody works on any more, by what PingFederate shows: its write was done, or it failed. It
 * makes nothing and mints nothing. Resolves to undefined when somebody else has the lease.
 * @throws PingFederateFailure when PingFederate cannot be asked; the operation stays open
 */
export const settleOperation = async <Upstream>(
  {
    store,
    upstream,
    kinds,
    timeoutMs,
  }: Pick<Journal<Upstream>, 'store' | 'upstream' | 'kinds' | 'timeoutMs'>,
  operation: OperationRow,
  actor: Actor,
): Promise<Settled | undefined> => {
  const fence = await takeLease(store, operation.operation_id, maxCalls * timeoutMs)
  if (fence === undefined) return undefined
  const { operation_id: operationId, client_id: clientId } = operation
  const change = kinds[operation.kind]
  const evidence = await change.look(upstream, operation).catch(async (error): Promise<Evidence> => {
    if (isLastingSurprise(error, store.now() - Date.parse(operation.created_at))) return givenUp
    await giveLeaseBack(store, operationId, fence)
    throw error
  })
  const leased = toLeased({ ...operation, fence }, actor)
  await store.write((trx, record) => writeEnd({ trx, record }, change, leased, evidence), { durable: false })
  const isUnpublished = evidence.kind === 'done' && evidence.saved.replication === 'replicating'
  return { unpublished: isUnpublished ? [clientId] : [] }
}

/**
 * An answer that is none, again and again, is no outage that ends: after an hour nobody waits for another one. Should
 * the client be there after all, it is an orphan, which is reported, and which the next create of its id takes over.
 */
const maxSurpriseMs = 3_600_000
const givenUp: Evidence = { kind: 'not-done', code: 'outcome_unknown' }

const isLastingSurprise = (error: unknown, ageMs: number): boolean =>
  error instanceof PingFederateFailure &&
  (error.kind === 'unexpected' || isTooLong(error)) &&
  ageMs > maxSurpriseMs

/** One process at a time: the conditional write decides, by the database's clock. */
const takeLease = (store: Store, operationId: string, leaseMs: number): Promise<number | undefined> =>
  store.write(
    async (trx: Kysely<Database>) => {
      const row = await trx
        .updateTable('operation')
        .set({ lease_until: toLease(leaseMs), fence: sql`fence + 1` })
        .where('operation_id', '=', operationId)
        .where('state', '=', 'intended')
        .where('lease_until', '<=', databaseTime)
        .returning('fence')
        .executeTakeFirst()
      return row?.fence
    },
    { durable: false },
  )

/** So that the next one who asks need not wait for the end of a lease that nobody uses. */
const giveLeaseBack = (store: Store, operationId: string, fence: number): Promise<unknown> =>
  store.write(
    trx =>
      trx
        .updateTable('operation')
        .set({ lease_until: databaseTime })
        .where('operation_id', '=', operationId)
        .where('fence', '=', fence)
        .execute(),
    { durable: false },
  )
