import { checkHost, type HostRules } from '../ping-access-urls/host.ts'
import { permitsRedeemer, type RetrievalConfig } from '../policy/defaults.ts'
import { ttlSecondsRange } from '../policy/schema.ts'
import {
  type Allowed,
  getTeamPolicy,
  type Policy,
  type Ruled,
  type TeamPolicy,
} from '../policy/team-policy.ts'

/** What an installation permits, whatever its policy says. */
export type Installation = Readonly<{
  pingAccess: HostRules
  retrieval: Pick<RetrievalConfig, 'ttlMaxSeconds' | 'bearerAllowed'>
}>

/** What bounds a request, where that comes from (where both say something, from the narrower), and why in a sentence. */
export type Bound<T> = { value: T; source: 'policy' | 'configuration'; reason: string }

type TtlBounds = { minimum: number; maximum: number }

/**
 * What policy and configuration together let a team ask for. It is made of the rules that decide about creates, so that
 * what is said here is what is decided there.
 */
export const findAllowed = (policy: Policy, team: string, { pingAccess, retrieval }: Installation) => {
  const rules = getTeamPolicy(policy, team)
  return {
    hosts: boundHosts(rules.hosts, pingAccess),
    ports: byPolicy(rules.ports),
    contextRoots: byPolicy(rules.contextRoots),
    scopes: byPolicy(rules.scopes),
    oidcPolicies: byPolicy(rules.oidcPolicies),
    accessTokenManagers: byPolicy(rules.accessTokenManagers),
    retrieval: {
      ttlSeconds: boundTtl(rules.ttlSeconds, retrieval),
      redeemableBy: narrow(
        rules.redeemableBy,
        each => permitsRedeemer(retrieval, each),
        'ALLOW_BEARER_REDEMPTION',
      ),
    },
    secretMaxAgeDays: boundNumber(policy, rules.secretMaxAgeDays),
  }
}

/** A number that the policy may set; null where nothing does. */
const boundNumber = (policy: Policy, ruled: Ruled<number> | undefined): Bound<number | null> => {
  if (ruled) return byPolicy(ruled)
  if (policy.changeableBy === null) return configured(null, withoutPolicy)
  return { value: null, source: 'policy', reason: 'The policy sets your team no limit.' }
}

/** How many clients a team may have; null without a limit. */
export const findLimit = (policy: Policy, team: string): Bound<number | null> =>
  boundNumber(policy, getTeamPolicy(policy, team).clients)

const withoutPolicy =
  'This installation has no policy, so that every team may ask for what its configuration permits.'

const configured = <T>(value: T, reason: string): Bound<T> => ({ value, source: 'configuration', reason })

const byPolicy = <T>({ value, rule }: Ruled<T>): Bound<T> => {
  if (rule === null) return configured(value, withoutPolicy)
  const isNone = Array.isArray(value) && value.length === 0
  return {
    value,
    source: 'policy',
    reason: `${rule} of the policy allows your team ${isNone ? 'none' : 'this'}.`,
  }
}

/** Leaves out what the configuration does not permit, because a create would be refused for it all the same. */
const narrow = <T>(
  { value, rule }: Ruled<readonly T[]>,
  permits: (each: T) => boolean,
  settings: string,
): Bound<readonly T[]> => {
  const permitted = value.filter(permits)
  return permitted.length === value.length
    ? byPolicy({ value, rule })
    : configured(permitted, permitsNoMore(settings, rule))
}

const boundHosts = ({ value, rule }: Ruled<Allowed<string>>, rules: HostRules): Bound<Allowed<string>> =>
  value === 'any'
    ? byPolicy({ value, rule })
    : narrow(
        { value, rule },
        host => isPermitted(host, rules),
        'ALLOW_IP_HOSTS or REQUIRE_FULLY_QUALIFIED_HOSTS',
      )

/** What is below a host has a domain, and no policy can be read that names what is below an address. */
const isPermitted = (host: string, rules: HostRules): boolean =>
  host.startsWith('*.') || checkHost(host, rules).length === 0

/** null where the shortest life that the policy allows is longer than the configuration permits. */
const boundTtl = (
  bounds: TeamPolicy['ttlSeconds'],
  { ttlMaxSeconds }: Installation['retrieval'],
): Bound<TtlBounds | null> => {
  const { minimum, maximum } = bounds?.value ?? ttlSecondsRange
  if (bounds && maximum <= ttlMaxSeconds) return byPolicy(bounds)
  const value = minimum <= ttlMaxSeconds ? { minimum, maximum: ttlMaxSeconds } : null
  return configured(value, permitsNoMore('RETRIEVAL_TTL_MAX_SECONDS', bounds?.rule ?? null))
}

const permitsNoMore = (setting: string, rule: string | null): string =>
  `${setting} of this installation permits no more${rule === null ? '' : ` of what ${rule} of the policy allows`}.`
