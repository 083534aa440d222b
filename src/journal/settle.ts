import { type Kysely, sql } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { Database, OperationRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { lookUp } from './carry-out.ts'
import { failCreate, finishCreate } from './finish.ts'
import { toLease } from './lease.ts'

export type SettleDependencies = {
  store: AuditedStore
  pingFederate: Pick<PingFederate, 'findClient'>
  replication: Pick<Replication, 'statusAfterSave'>
  config: { pingFederate: { timeoutMs: number } }
}

/** The end of an operation, and the client that the engines do not have yet, for whoever settled it to publish. */
export type Settled = { unpublished: string[] }

/** Looking a client up and asking for the topology are three calls; one more leaves room for a renewed token. */
const maxCalls = 4

/**
 * Ends an operation that nobody works on any more, by what PingFederate shows: it has the client with this operation's
 * marker, then the operation is done; otherwise it failed. It makes nothing and mints nothing.
 * Resolves to undefined when somebody else has the lease.
 * @throws PingFederateFailure when PingFederate cannot be asked; the operation stays open
 */
export const settleOperation = async (
  dependencies: SettleDependencies,
  operation: OperationRow,
  actor: Actor,
): Promise<Settled | undefined> => {
  const fence = await takeLease(dependencies, operation.operation_id)
  if (fence === undefined) return undefined
  const leased = {
    operationId: operation.operation_id,
    clientId: operation.client_id,
    team: operation.team,
    fence,
    actor,
  }
  const found = await lookUp(dependencies.pingFederate, operation.client_id, operation.operation_id).catch(
    async error => {
      await giveLeaseBack(dependencies.store, operation.operation_id, fence)
      throw error
    },
  )
  if (found?.kind === 'created') {
    const replication = await dependencies.replication.statusAfterSave()
    await finishCreate(dependencies.store, leased, { replication, savedAt: found.client.savedAt })
    return { unpublished: replication === 'replicating' ? [leased.clientId] : [] }
  }
  await failCreate(dependencies.store, leased, {
    code: found ? 'client_exists_in_pingfederate' : 'outcome_unknown',
  })
  return { unpublished: [] }
}

/** One process at a time: the conditional write decides, by the database's clock. */
const takeLease = ({ store, config }: SettleDependencies, operationId: string): Promise<number | undefined> =>
  store.write(
    async (trx: Kysely<Database>) => {
      const row = await trx
        .updateTable('operation')
        .set({ lease_until: toLease(maxCalls * config.pingFederate.timeoutMs), fence: sql`fence + 1` })
        .where('operation_id', '=', operationId)
        .where('state', '=', 'intended')
        .where('lease_until', '<=', sql<string>`database_time()`)
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
        .set({ lease_until: sql<string>`database_time()` })
        .where('operation_id', '=', operationId)
        .where('fence', '=', fence)
        .execute(),
    { durable: false },
  )
