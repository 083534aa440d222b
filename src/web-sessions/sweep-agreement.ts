import type { FastifyBaseLogger } from 'fastify'
import type { Store } from '../database/store.ts'
import { logTexts } from '../log.ts'
import { asPingAccessFailure, PingAccessFailure } from '../pingaccess/failure.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toNewClient } from '../web-session-clients/client-row.ts'
import { pairWithRows } from '../web-session-clients/drift-rows.ts'
import type { Visitor } from '../web-session-clients/walk-clients.ts'
import { type BothSides, compareAgreement } from './compare-agreement.ts'
import { liveRows } from './live-agreement-schema.ts'
import { type ReadPingAccess, readPingAccess, toLiveClient } from './read-live.ts'

type RowName = (typeof liveRows)[number]

/** Clients by the row in which a web session of theirs disagrees; one can be counted in several. */
export type Disagreements = Readonly<Record<RowName, number>>

type Dependencies = {
  store: Pick<Store, 'db'>
  pingAccess: ReadPingAccess
  pingFederate: Pick<PingFederate, 'readPolicyAttributes'>
  log: Pick<FastifyBaseLogger, 'warn'>
  setDisagreements: (counted: Disagreements) => void
}

/** Clients that the log line names; its count has the others too. */
const maxNamed = 20

/** Of one walk. */
type Tally = {
  count: number
  byRow: Record<RowName, number>
  named: { clientId: string; rows: RowName[] }[]
}

/**
 * Compares the clients of every walk with their web sessions, PingAccess being read once for a walk, and tells how many
 * disagree: in the metrics, and in one line of the log whenever that is not what the walk before has found. Where
 * PingAccess cannot be read, what was told before stays. A client that is off or is being changed is left out, and so is
 * one without a web session, which may not have got it yet.
 */
export const createAgreementSweep = (dependencies: Dependencies): (() => Visitor) => {
  const { store, setDisagreements, log } = dependencies
  let last = toText(createTally())
  return () => {
    const tally = createTally()
    let read: Promise<Live | undefined> | undefined
    return {
      visit: async clients => {
        read ??= readOrTell(dependencies)
        const live = await read
        if (live) await visitPage(tally, { store, live }, clients)
      },
      end: async isComplete => {
        if (!isComplete || !(await read)) return
        setDisagreements(tally.byRow)
        const { count, named: disagreements } = tally
        const found = toText(tally)
        if (found !== last && count > 0) log.warn({ count, disagreements }, logTexts.webSessionsDisagree)
        last = found
      },
    }
  }
}

const createTally = (): Tally => ({
  count: 0,
  byRow: Object.fromEntries(liveRows.map(row => [row, 0])) as Record<RowName, number>,
  named: [],
})

const toText = (tally: Tally): string => JSON.stringify(tally)

/** What all clients of a walk are compared with. */
type Live = Pick<BothSides, 'pingAccess' | 'policies'>

const readOrTell = async ({ pingAccess, pingFederate, log }: Dependencies): Promise<Live | undefined> => {
  const found = await readPingAccess(pingAccess).catch(asPingAccessFailure)
  if (!(found instanceof PingAccessFailure))
    return { pingAccess: found, policies: await pingFederate.readPolicyAttributes() }
  log.warn({ err: found }, logTexts.pingAccessUnreadable)
  return undefined
}

const visitPage = async (
  tally: Tally,
  { store, live }: Pick<Dependencies, 'store'> & { live: Live },
  clients: readonly ClientInPingFederate[],
): Promise<void> => {
  // Most of PingFederate's clients have nothing to do with PingAccess.
  const ids = new Set(live.pingAccess.webSessions.map(({ clientId }) => clientId.toLowerCase()))
  const using = clients.filter(({ clientId }) => ids.has(clientId.toLowerCase()))
  for (const { row, found } of await pairWithRows(store, using)) {
    const recorded = toNewClient(row)
    if (row.isHeld || !recorded.settings.enabled) continue
    const client = toLiveClient(found, recorded)
    const { agreement } = compareAgreement({ recorded, client, ...live, issuer: null })
    note(tally, row.client_id, [
      ...new Set(agreement.filter(({ agrees }) => agrees === false).map(each => each.row)),
    ])
  }
}

const note = (tally: Tally, clientId: string, rows: RowName[]): void => {
  if (rows.length === 0) return
  tally.count += 1
  for (const row of rows) tally.byRow[row] += 1
  if (tally.named.length < maxNamed) tally.named.push({ clientId, rows })
}
