import type { FastifyBaseLogger } from 'fastify'
import type { Store } from '../database/store.ts'
import { logTexts } from '../log.ts'
import { clientsPerPage } from '../pingfederate/client-calls.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'

type Dependencies = {
  store: Pick<Store, 'db'>
  pingFederate: Pick<PingFederate, 'listClients'>
  log: Pick<FastifyBaseLogger, 'warn'>
}

/** No known installation has as many clients. The bound also ends the loop if PingFederate ignores `page`. */
const maxPages = 1_000
/** Orphans that the log line names; its count has the others too. */
const maxNamed = 20

type Orphan = { clientId: string; operation: string }

/**
 * Logs the orphans in one line: the clients in PingFederate whose marker names an operation that is unknown here, as
 * after a restored backup, or that has failed. It only reads, page by page, and ends early when the signal comes.
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
    .execute()
  const ids = new Set(known.map(row => row.operation_id))
  return marked.filter(({ operation }) => !ids.has(operation))
}
