import type { FastifyBaseLogger } from 'fastify'
import type { Store } from '../database/store.ts'
import { logTexts } from '../log.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import type { Visitor } from './walk-clients.ts'

type Dependencies = {
  store: Pick<Store, 'db'>
  log: Pick<FastifyBaseLogger, 'warn'>
}

/** Orphans that the log line names; its count has the others too. */
const maxNamed = 20

type Orphan = { clientId: string; operation: string }

/**
 * Logs the orphans of a walk in one line: the clients in PingFederate whose marker names an operation that is unknown
 * here, as after a restored backup, or that has failed, or whose client has been deleted here. It only reads.
 */
export const reportOrphans = ({ store, log }: Dependencies): Visitor => {
  const named: Orphan[] = []
  let count = 0
  return {
    visit: async clients => {
      const orphans = await findOrphans(store, clients)
      count += orphans.length
      named.push(...orphans.slice(0, maxNamed - named.length))
    },
    end: async () => {
      if (count > 0) log.warn({ count, orphans: named }, logTexts.orphans)
    },
  }
}

/** Reads operations after clients: an operation is written before its client, so even a new client has its own. */
const findOrphans = async (
  { db }: Pick<Store, 'db'>,
  clients: readonly ClientInPingFederate[],
): Promise<Orphan[]> => {
  const marked = clients.flatMap(client => {
    const operation = findMaker(client)
    return operation === undefined ? [] : [{ clientId: client.clientId, operation }]
  })
  if (marked.length === 0) return []
  const known = await db
    .selectFrom('operation')
    .select('operation_id')
    .where(
      'operation_id',
      'in',
      marked.map(({ operation }) => operation),
    )
    .where('state', '<>', 'failed')
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('state', '=', 'intended'),
        exists(
          selectFrom('client')
            .select('client.client_id')
            .whereRef('client.client_id', '=', 'operation.client_id'),
        ),
      ]),
    )
    .execute()
  const ids = new Set(known.map(row => row.operation_id))
  return marked.filter(({ operation }) => !ids.has(operation))
}
