import { createSlots } from '../pingfederate/slots.ts'
import type { IsLiveAtNodes } from '../web-session-clients/wait-until-live.ts'
import { type AskDependencies, askNodes, toAsked } from './check-login.ts'

/** Apart from the checks that are asked for by themselves, so that whoever waits does not hold those up. */
const asksAtOnce = 4
/** As many as may wait for a client to be live. */
const waitingAsks = 64
/** For a turn, and then for the nodes; one that hangs is as good as one that is down. */
const waitMs = 2_000

/**
 * The runtime nodes’ word on a client that the console holds to be live; undefined where there is no node to ask. It
 * rejects with a PingFederateFailure, `busy`, where too many ask.
 */
export const createIsLiveAtNodes = ({
  runtime,
  randomBytes,
}: Omit<AskDependencies, 'signal'>): IsLiveAtNodes | undefined => {
  if (runtime.urls.length === 0) return undefined
  const slots = createSlots(asksAtOnce, waitingAsks, waitMs)
  return async (client, waiting) => {
    const asked = toAsked(client)
    // An adopted client may have no redirect URI of PingAccess, and then no login can be tried: the console has the last word.
    if (asked.redirectUris.length === 0) return 'yes'
    const answers = await slots.take(() => {
      const signal = AbortSignal.any([waiting, AbortSignal.timeout(waitMs)])
      return askNodes(asked, { runtime, randomBytes, signal })
    })
    const kinds = answers.map(({ answer }) => answer.kind)
    if (kinds.includes('page')) return 'no'
    return kinds.every(kind => kind === 'known') ? 'yes' : 'unknown'
  }
}
