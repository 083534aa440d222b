import type { Store } from '../database/store.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { Replication } from '../pingfederate/replication.ts'

export type PublishDependencies = {
  store: Store
  replication: Pick<Replication, 'publish'>
  config: { pingFederate: Pick<PingFederateConfig, 'replication'> }
}

/** Bounds the parameters of one statement. */
const batchSize = 500

/**
 * Publishes clients that were just saved, all in one call, if this installation publishes at all, and stores the result
 * with them. Never rejects: the clients exist by now, and their `status` tells whether they were published.
 */
export const publishClients = async (
  { store, replication, config }: PublishDependencies,
  clientIds: readonly string[],
): Promise<void> => {
  if (clientIds.length === 0 || config.pingFederate.replication !== 'trigger') return
  const status = (await replication.publish()) ? 'ready' : 'failed'
  for (let from = 0; from < clientIds.length; from += batchSize) {
    const batch = clientIds.slice(from, from + batchSize)
    await store
      .write(
        trx =>
          trx.updateTable('client').set({ replication: status }).where('client_id', 'in', batch).execute(),
        { durable: false },
      )
      .catch(() => undefined)
  }
}
