import type { RedeemableBy } from '../database/vocabulary.ts'
import { getTeamPolicy, type Policy, type Ruled } from './team-policy.ts'

/** How secrets are handed out where neither request nor policy says, and what neither of them can exceed. */
export type RetrievalConfig = Readonly<{ ttlSeconds: number; ttlMaxSeconds: number; bearerAllowed: boolean }>

/** Whether the configuration lets these redeem, whatever a policy allows. */
export const permitsRedeemer = (
  { bearerAllowed }: Pick<RetrievalConfig, 'bearerAllowed'>,
  redeemableBy: RedeemableBy,
): boolean => redeemableBy !== 'bearer' || bearerAllowed

/** What a request gets that does not say; undefined where the policy leaves that to the manual or the configuration. */
export type PolicyDefaults = {
  /** The scopes the client is restricted to, without `openid`. */
  scopes: Ruled<readonly string[]> | undefined
  oidcPolicy: Ruled<string> | undefined
  accessTokenManager: Ruled<string> | undefined
  redeemableBy: Ruled<RedeemableBy> | undefined
  ttlSeconds: Ruled<number> | undefined
}

/**
 * The defaults that come from the policy, so that the smallest request gets what its team is allowed. It narrows the
 * configuration and never widens it: who may redeem and how long are chosen from what both permit.
 */
export const findPolicyDefaults = (
  policy: Policy,
  team: string,
  configured: RetrievalConfig,
): PolicyDefaults => {
  const { scopes, oidcPolicies, accessTokenManagers, redeemableBy, ttlSeconds } = getTeamPolicy(policy, team)
  return {
    scopes: scopes.value === 'any' ? undefined : { value: scopes.value, rule: scopes.rule },
    oidcPolicy: findFirst(oidcPolicies),
    accessTokenManager: findFirst(accessTokenManagers),
    redeemableBy: findFirst({
      ...redeemableBy,
      value: redeemableBy.value.filter(each => permitsRedeemer(configured, each)),
    }),
    ttlSeconds: ttlSeconds && findTtl(ttlSeconds, configured),
  }
}

const findFirst = <T>({ value, rule }: Ruled<'any' | readonly T[]>): Ruled<T> | undefined => {
  const first = value === 'any' ? undefined : value[0]
  return first === undefined || rule === null ? undefined : { value: first, rule }
}

/** The configured time where the bounds leave it alone, else the nearest that they and the configuration allow. */
const findTtl = (
  { value: { minimum, maximum }, rule }: Ruled<{ minimum: number; maximum: number }>,
  { ttlSeconds, ttlMaxSeconds }: RetrievalConfig,
): Ruled<number> | undefined => {
  const value = Math.min(Math.max(minimum, Math.min(maximum, ttlSeconds)), ttlMaxSeconds)
  return value === ttlSeconds ? undefined : { value, rule }
}
