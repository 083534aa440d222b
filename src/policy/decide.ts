import type { RedeemableBy } from '../database/vocabulary.ts'
import { matchesContextRoot, matchesHost } from './match.ts'
import { type Allowed, getTeamPolicy, type Policy, type Ruled } from './team-policy.ts'

/** What is decided about, by the name that refusals carry as `rule`. */
export type DecisionKind =
  | 'allowed_hosts'
  | 'allowed_ports'
  | 'allowed_context_roots'
  | 'allowed_scopes'
  | 'allowed_oidc_policies'
  | 'allowed_access_token_managers'
  | 'allowed_redeemers'
  | 'retrieval_ttl_bounds'
  | 'clients_per_team'

/** One decision, and the rule behind it. */
export type Decision = Readonly<{
  kind: DecisionKind
  isAllowed: boolean
  /** Where the rule stands in the policy file; null without a file. */
  rule: string | null
  /** JSON Pointer into the request. */
  pointer: string
  value: unknown
  /** What would be allowed. */
  allowed: Allowed<string | number>
}>

/** The rules behind decisions, each once, as the audit trail has them; null without a policy file. */
export const rulesOf = (decisions: readonly Pick<Decision, 'rule'>[]): string | null =>
  [...new Set(decisions.flatMap(({ rule }) => rule ?? []))].join(', ') || null

/** What is asked for, completed by the defaults. */
export type PolicyRequest = Readonly<{
  /** Normalised, so that every parser reads the same host. */
  pingAccessUrls: readonly string[]
  /** null: unrestricted. */
  scopes: readonly string[] | null
  /** null: PingFederate's default. */
  oidcPolicy: string | null
  accessTokenManager: string | null
  ttlSeconds: number
  redeemableBy: RedeemableBy
}>

/** Always needed (see the PingAccess defaults), so that no policy has to allow it. */
const alwaysAllowedScope = 'openid'

type Retrieval = Pick<PolicyRequest, 'redeemableBy' | 'ttlSeconds'>

/** Decides about every part of a request by itself, so that all refusals are told at once. */
export const decide = (policy: Policy, team: string, request: PolicyRequest): Decision[] => [
  ...decideSettings(policy, team, request),
  ...decideRetrieval(policy, team, request),
]

/** The same for the settings alone. */
export const decideSettings = (
  policy: Policy,
  team: string,
  { pingAccessUrls, scopes, oidcPolicy, accessTokenManager }: Omit<PolicyRequest, keyof Retrieval>,
): Decision[] => {
  const rules = getTeamPolicy(policy, team)
  return [
    ...pingAccessUrls.flatMap((url, index) => decideUrl(rules, url, `/pingAccessUrls/${index}`)),
    ...decideScopes(rules.scopes, scopes),
    ...decideId('allowed_oidc_policies', rules.oidcPolicies, '/oidcPolicy', oidcPolicy),
    ...decideId(
      'allowed_access_token_managers',
      rules.accessTokenManagers,
      '/accessTokenManager',
      accessTokenManager,
    ),
  ]
}

/** The same for the hand-out of a secret alone. */
export const decideRetrieval = (
  policy: Policy,
  team: string,
  { redeemableBy, ttlSeconds }: Retrieval,
): Decision[] => {
  const rules = getTeamPolicy(policy, team)
  return [
    ask('allowed_redeemers', rules.redeemableBy, '/retrieval/redeemableBy', redeemableBy),
    ...decideTtl(rules.ttlSeconds, ttlSeconds),
  ]
}

type Matches<T> = (rule: T, value: T) => boolean

const ask = <T extends string | number>(
  kind: DecisionKind,
  { value: allowed, rule }: Ruled<Allowed<T>>,
  pointer: string,
  value: T,
  matches: Matches<T> = (one, other) => one === other,
): Decision => ({
  kind,
  isAllowed: allowed === 'any' || allowed.some(each => matches(each, value)),
  rule,
  pointer,
  value,
  allowed,
})

const decideUrl = (
  { hosts, ports, contextRoots }: ReturnType<typeof getTeamPolicy>,
  url: string,
  pointer: string,
): Decision[] => {
  const { hostname, port, pathname } = new URL(url)
  return [
    ask('allowed_hosts', hosts, pointer, hostname, matchesHost),
    ask('allowed_ports', ports, pointer, port === '' ? 443 : Number(port)),
    ask('allowed_context_roots', contextRoots, pointer, pathname, matchesContextRoot),
  ]
}

const decideScopes = (rule: Ruled<Allowed<string>>, scopes: readonly string[] | null): Decision[] => {
  if (scopes === null) {
    return [{ ...ask('allowed_scopes', rule, '/scopes', ''), isAllowed: rule.value === 'any', value: null }]
  }
  return scopes
    .map((scope, index) => ask('allowed_scopes', rule, `/scopes/${index}`, scope))
    .filter(({ value }) => value !== alwaysAllowedScope)
}

/** PingFederate's default is what a team gets that may name none; one that may name some is held to them. */
const decideId = (
  kind: DecisionKind,
  rule: Ruled<Allowed<string>>,
  pointer: string,
  id: string | null,
): Decision[] => {
  if (id !== null) return [ask(kind, rule, pointer, id)]
  const isHeldToSome = rule.value !== 'any' && rule.value.length > 0
  return isHeldToSome ? [{ ...ask(kind, rule, pointer, ''), value: null }] : []
}

const decideTtl = (
  bounds: ReturnType<typeof getTeamPolicy>['ttlSeconds'],
  ttlSeconds: number,
): Decision[] => {
  if (!bounds) return []
  const { minimum, maximum } = bounds.value
  return [
    {
      kind: 'retrieval_ttl_bounds',
      isAllowed: ttlSeconds >= minimum && ttlSeconds <= maximum,
      rule: bounds.rule,
      pointer: '/retrieval/ttlSeconds',
      value: ttlSeconds,
      allowed: [`${minimum} to ${maximum} seconds`],
    },
  ]
}
