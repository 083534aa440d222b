import { actorOfService } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toProblem } from '../pingfederate/to-problem.ts'

type Dependencies = {
  store: AuditedStore
  pingFederate: Pick<PingFederate, 'replicate'>
  newId: () => string
}

/**
 * Publishing with its events: `intended` durably before PingFederate is called, because it publishes every
 * administrator's pending changes, and how it ended. Without the first nothing is published; without the second it was
 * all the same.
 */
export const recordPublishing =
  ({ store, pingFederate, newId }: Dependencies): PingFederate['replicate'] =>
  async () => {
    // For itself, because one call is for the clients of many callers, and more.
    const actor = actorOfService('publishing', newId())
    const action = 'cluster.publish'
    const recordEnd = (end: { outcome: 'done' } | { outcome: 'failed'; reason: string }): Promise<void> =>
      store
        .write((_trx, record) => record(actor, { action, ...end }), { durable: false })
        .catch(() => undefined)
    await store.write((_trx, record) => record(actor, { action, outcome: 'intended' }))
    try {
      await pingFederate.replicate()
    } catch (error) {
      await recordEnd({ outcome: 'failed', reason: toReason(error) })
      throw error
    }
    await recordEnd({ outcome: 'done' })
  }

const toReason = (error: unknown): string =>
  error instanceof PingFederateFailure ? toProblem(error).code : 'internal_error'
