import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { refreshReplication } from './replication-status.ts'

type Dependencies = {
  store: Pick<Store, 'db' | 'write'>
  replication: Pick<Replication, 'findStatusOf'>
}

type AskAgain = {
  /** Has these clients asked about in the next rounds. */
  add: (clientIds: readonly string[]) => void
  /** One round. Never rejects: who reads such a client asks as well. */
  ask: () => Promise<void>
}

/** Recovery begins a round every ten seconds, and an engine looks for what is new once a minute. */
const maxRounds = 7
/** Bounds the parameters of one statement. */
const batchSize = 500

/** Asks again about clients that had not reached the engines when they were saved, for a little more than a minute. */
export const createAskAgain = ({ store, replication }: Dependencies): AskAgain => {
  const roundsLeft = new Map<string, number>()
  const takeRound = (): string[] => {
    const clientIds = [...roundsLeft.keys()]
    for (const [clientId, left] of [...roundsLeft])
      if (left > 1) roundsLeft.set(clientId, left - 1)
      else roundsLeft.delete(clientId)
    return clientIds
  }
  const findStatus = (row: ClientRow) => replication.findStatusOf(row.client_id, row.saved_at)
  const askAll = async (clientIds: readonly string[]): Promise<void> => {
    for (let from = 0; from < clientIds.length; from += batchSize) {
      const rows = await findUnready(store, clientIds.slice(from, from + batchSize))
      // One after the other, because PingFederate's slots for look-ups are few and not for this alone.
      for (const row of rows) await refreshReplication({ store, findStatus }, [row])
    }
  }
  return {
    add: clientIds => {
      for (const clientId of clientIds) roundsLeft.set(clientId, maxRounds)
    },
    ask: () => askAll(takeRound()).catch(() => undefined),
  }
}

const findUnready = ({ db }: Pick<Store, 'db'>, clientIds: readonly string[]): Promise<ClientRow[]> =>
  db
    .selectFrom('client')
    .selectAll()
    .where('client_id', 'in', clientIds)
    .where('state', '=', 'active')
    .where('replication', '<>', 'ready')
    .execute()
