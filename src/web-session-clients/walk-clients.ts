import { clientsPerPage } from '../pingfederate/client-calls.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'

/** What looks at the clients of a walk. */
export type Visitor = {
  /** Told of each page in turn. */
  visit: (clients: readonly ClientInPingFederate[]) => Promise<void>
  /** Told of the end, and whether every page was read. */
  end: (isComplete: boolean) => Promise<void>
}

type Dependencies = {
  pingFederate: Pick<PingFederate, 'listClients'>
  /** Waits between two calls, until the signal comes at most. */
  pause: (signal: AbortSignal) => Promise<void>
}

/** 256,000 clients, more than any known installation has. The bound also ends the loop if PingFederate ignores `page`. */
const maxPages = 4_000

/**
 * Reads all of PingFederate's clients once, page by page, for everybody who looks at them. It ends early when the signal
 * comes.
 * @throws PingFederateFailure when PingFederate cannot be asked; nobody is told of an end then
 */
export const walkClients = async (
  dependencies: Dependencies,
  visitors: readonly Visitor[],
  signal: AbortSignal,
): Promise<void> => {
  const isComplete = await visitPages(dependencies, visitors, signal)
  for (const { end } of visitors) await end(isComplete)
  if (!isComplete && !signal.aborted) throw new Error('PingFederate’s pages of clients do not end.')
}

/** Resolves to whether the last page was read. */
const visitPages = async (
  { pingFederate, pause }: Dependencies,
  visitors: readonly Visitor[],
  signal: AbortSignal,
): Promise<boolean> => {
  for (let page = 1; page <= maxPages && !signal.aborted; page += 1) {
    const clients = await pingFederate.listClients(page)
    for (const { visit } of visitors) await visit(clients)
    if (clients.length < clientsPerPage) return true
    await pause(signal)
  }
  return false
}
