import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { createAskAgain } from './ask-again.ts'
import { refreshReplication } from './replication-status.ts'

export type PublishDependencies = {
  store: Pick<Store, 'db' | 'write'>
  replication: Pick<Replication, 'publish' | 'findStatus' | 'findStatusOf'>
  config: { pingFederate: Pick<PingFederateConfig, 'replication'> }
}

/** Bounds the parameters of one statement. */
const batchSize = 500
/** Recovery asks every ten seconds, so a publishing that fails is tried again for less than a minute. */
const maxTries = 5

/**
 * Has clients published that were saved a moment ago, all of them at once, where the service is to do that, and keeps
 * how it went. What failed is published with the next ones, or by the next call with none; that one also asks about
 * clients that had not arrived. Never rejects: the clients are there, and `status` tells the truth about them.
 */
export const createPublisher = ({
  store,
  replication,
  config,
}: PublishDependencies): ((clientIds: readonly string[]) => Promise<void>) => {
  let waiting: readonly string[] = []
  let triesLeft = 0
  const takeAll = (clientIds: readonly string[]): readonly string[] => {
    const all = [...new Set([...waiting, ...clientIds])]
    triesLeft = (clientIds.length > 0 ? maxTries : triesLeft) - 1
    waiting = []
    return all
  }
  const publishAll = async (clientIds: readonly string[]): Promise<void> => {
    const ids = takeAll(clientIds)
    if (ids.length === 0) return
    const isTold = await replication.publish()
    if (!isTold && triesLeft > 0) waiting = [...waiting, ...ids]
    await keepAll({ store, replication }, ids, isTold)
  }
  const { add, ask } = createAskAgain({ store, replication })
  return async clientIds => {
    if (config.pingFederate.replication === 'trigger') await publishAll(clientIds)
    add(clientIds)
    // Not after each of many creates: recovery calls with none in most of its rounds.
    if (clientIds.length === 0) await ask()
  }
}

const keepAll = async (
  dependencies: Pick<PublishDependencies, 'store' | 'replication'>,
  clientIds: readonly string[],
  isTold: boolean,
): Promise<void> => {
  for (let from = 0; from < clientIds.length; from += batchSize)
    await keep(dependencies, clientIds.slice(from, from + batchSize), isTold).catch(() => undefined)
}

/** The engines that were told need their time; where they have it already, the clients are ready. */
const keep = async (
  { store, replication }: Pick<PublishDependencies, 'store' | 'replication'>,
  clientIds: readonly string[],
  isTold: boolean,
): Promise<void> => {
  const rows = await store.write(
    trx =>
      trx
        .updateTable('client')
        .set({ replication: isTold ? 'replicating' : 'failed' })
        .where('client_id', 'in', clientIds)
        .where('replication', '<>', 'ready')
        .returningAll()
        .execute(),
    { durable: false },
  )
  if (!isTold) return
  const findStatus = (row: ClientRow) => replication.findStatus(row.saved_at)
  await refreshReplication({ store, findStatus }, rows)
}
