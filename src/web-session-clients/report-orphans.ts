import type { FastifyBaseLogger } from 'fastify'
import type { Store } from '../database/store.ts'
import { logTexts } from '../log.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import { clientsPerPage, type PingFederate } from '../pingfederate/ping-federate.ts'

type Dependencies = {
  store: Pick<Store, 'db'>
  pingFederate: Pick<PingFederate, 'listClients'>
  log: Pick<FastifyBaseLogger, 'warn'>
}

/** More clients than any installation is known to have; a PingFederate that does not heed `page` ends here too. */
const maxPages = 1_000
/** The first ones tell what has happened; the count tells how often. */
const maxNamed = 20

type Orphan = { clientId: string; operation: string }

/**
 * Reports, in one line of the log, the clients in PingFederate that bear this service's marker and that no operation
 * accounts for: it is unknown here, as after a restored backup, or it has ended as if it had made nothing. They are
 * only looked at, one page after the other. Ends early when the signal comes.
 * @throws PingFederateFailure when PingFederate cannot be asked
 */
export const reportOrphans = async (
  { store, pingFederate, log }: Dependencies,
  signal: AbortSignal,
): Promise<void> => {
  const orphans: Orphan[] = []
  for (let page = 1; page <= maxPages && !signal.aborted; page += 1) {
    const clients = await pingFederate.listClients(page)
    orphans.push(...(await findOrphans(store, clients)))
    if (clients.length < clientsPerPage) break
  }
  if (orphans.length > 0)
    log.warn({ count: orphans.length, orphans: orphans.slice(0, maxNamed) }, logTexts.orphans)
}

/** Looked up after the clients were read: an operation is written before its client is made. */
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
    .execute()
  const ids = new Set(known.map(row => row.operation_id))
  return marked.filter(({ operation }) => !ids.has(operation))
}
