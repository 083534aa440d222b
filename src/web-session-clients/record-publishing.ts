import { actorOfService } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toProblemCode } from '../pingfederate/to-problem.ts'

type Dependencies = {
  store: AuditedStore
  pingFederate: Pick<PingFederate, 'replicate'>
  newId: () => string
}

/**
 * Publishes with two audit events. `intended` is durable before PingFederate is called, because the call publishes
 * every administrator's pending changes; if it cannot be written, nothing is published. `done` or `failed` follows; if
 * that cannot be written, the result of the call stands.
 */
export const recordPublishing =
  ({ store, pingFederate, newId }: Dependencies): PingFederate['replicate'] =>
  async () => {
    // The service is the actor, because one call publishes the clients of many callers.
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
      await recordEnd({ outcome: 'failed', reason: toProblemCode(error) })
      throw error
    }
    await recordEnd({ outcome: 'done' })
  }
