import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Prerequisites } from '../pingfederate/prerequisites.ts'
import { preflight } from '../web-session-clients/preflight.ts'
import { checkVersion, pingFederateVersions } from './check-version.ts'
import { type FailedRead, sortFailures } from './sort-failures.ts'
import type { Checked, Found } from './warning-schema.ts'

export type PingFederateReads = Pick<PingFederate, 'getVersion' | 'findClusterState' | 'readPrerequisites'>

/** Version, rights and what every login needs; reads only. */
export const checkPingFederate = async (pingFederate: PingFederateReads): Promise<Checked> => {
  // One after the other, so that the look leaves slots to whoever waits for an answer.
  const version = await pingFederate.getVersion().catch(asFailure)
  const cluster = await pingFederate.findClusterState().catch(asFailure)
  const prerequisites = isOutage(cluster) ? unanswered : await pingFederate.readPrerequisites()
  const { found, unread } = sortFailures('PingFederate', [
    ...failedRead('/version', version),
    ...failedRead('/cluster/status', cluster),
    ...prerequisites.failures,
  ])
  return {
    found: {
      ...found,
      ...checkPrerequisites(prerequisites),
      ...(version instanceof PingFederateFailure ? {} : checkVersion(version, pingFederateVersions)),
    },
    unread,
  }
}

/** Then asking on would only bring nearer the moment from which creates are refused because PingFederate does not answer. */
const isOutage = (answer: unknown): boolean =>
  answer instanceof PingFederateFailure && answer.status !== 403 && answer.kind !== 'unexpected'

const unanswered: Prerequisites = {
  scopes: undefined,
  isTrackingSessions: undefined,
  accessTokenManagers: undefined,
  defaultAccessTokenManager: undefined,
  oidcPolicies: undefined,
  defaultOidcPolicy: undefined,
  failures: [],
}

const failedRead = (path: string, answer: unknown): FailedRead[] =>
  answer instanceof PingFederateFailure ? [{ path, error: answer }] : []

/** What a dry run warns of, by what it is read from. */
const prerequisiteOf = {
  no_default_access_token_manager: 'defaultAccessTokenManager',
  no_default_oidc_policy: 'defaultOidcPolicy',
  scopes_unknown: 'scopes',
  sessions_not_tracked: 'isTrackingSessions',
} as const satisfies Partial<Record<keyof Found, keyof Prerequisites>>

/** A client that leaves everything to PingFederate, with single logout: it suffers from whatever is missing. */
const mostDependent = {
  accessTokenManager: null,
  oidcPolicy: null,
  scopes: null,
  logout: 'pingaccess',
} as const

const checkPrerequisites = (prerequisites: Prerequisites): Found => {
  const { warnings } = preflight(mostDependent, prerequisites)
  const read = Object.entries(prerequisiteOf).filter(([, name]) => prerequisites[name] !== undefined)
  return Object.fromEntries(
    read.map(([code]) => {
      const warning = warnings.find(each => each.code === code)
      return [code, warning ? toWarning(warning) : null]
    }),
  )
}

type DryRunWarning = ReturnType<typeof preflight>['warnings'][number]

/** Without the field of a request, because there is none. */
const toWarning = ({ code, detail, fix, fixedBy }: DryRunWarning) => ({ code, detail, fix, fixedBy })
