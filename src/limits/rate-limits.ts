import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../principal.ts'
import { type About, Problem } from '../problem.ts'
import { createRateLimiter, type Quota } from './rate-limiter.ts'

/** Requests a minute. */
export type RateLimitConfig = Readonly<{
  perCaller: number
  perTeam: number
  unknownTokens: number
  perAddress: number
}>

export type RateLimits = {
  /**
   * Counts a request of a caller and tells what is left in `RateLimit-*`.
   * @throws Problem `rate_limited`; a refused request takes nothing. Once a minute for each caller the one for guessing
   *   tokens is for the audit trail
   */
  admitCaller: (request: FastifyRequest, reply: FastifyReply, principal: Principal) => void
  /** Counts a retrieval token that is nobody's or not the caller's, the same for both. */
  countUnknownToken: (reply: FastifyReply, principal: Principal) => void
  /**
   * Counts a request that shows no valid access token; all from addresses that are not known count together.
   * @throws Problem `rate_limited`
   */
  admitStranger: (address: string | undefined) => void
}

type Options = {
  limits: RateLimitConfig
  /** What the team policy sets in place of `limits.perTeam`, if it does. */
  findTeamLimit: (team: string) => number | undefined
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Some 150 bytes each; who is forgotten begins anew, so that many callers cost memory for these at most. */
const maxKeys = 10_000

/** Limits of this process; replicas count for themselves. */
export const createRateLimits = ({ limits, findTeamLimit, now }: Options): RateLimits => {
  const create = () => createRateLimiter({ maxKeys, now })
  const limitOf = (team: string): number => findTeamLimit(team) ?? limits.perTeam
  const [callers, teams, guesses, addresses, reports] = [create(), create(), create(), create(), create()]
  /** Not each of them: a flood of refusals would be one of writes. */
  const isWorthReporting = (key: string): boolean => {
    const isFirst = reports.look(key, 1).remaining >= 1
    if (isFirst) reports.charge(key, 1)
    return isFirst
  }
  const refuseGuessing = (key: string): void => {
    const quota = guesses.look(key, limits.unknownTokens)
    if (quota.remaining < 1)
      throw refusal(quota, 'retrieval tokens that are not yours', isWorthReporting(key) ? {} : undefined)
  }
  return {
    admitCaller: (request, reply, principal) => {
      const key = toCallerKey(principal)
      const team = chooseTeam(principal.teams, each => teams.look(each, limitOf(each)).remaining)
      refuseSpent(callers.look(key, limits.perCaller), 'requests of this caller')
      if (team !== undefined) refuseSpent(teams.look(team, limitOf(team)), `requests of the team ${team}`)
      if (showsRetrievalTokens(request)) refuseGuessing(key)
      const left = callers.charge(key, limits.perCaller)
      const leftToTeam = team === undefined ? left : teams.charge(team, limitOf(team))
      reply.headers(toFields(leftToTeam.remaining < left.remaining ? leftToTeam : left))
    },
    countUnknownToken: (reply, principal) =>
      void reply.headers(toFields(guesses.charge(toCallerKey(principal), limits.unknownTokens))),
    admitStranger: address => {
      const key = address === undefined ? 'unknown' : toNetwork(address)
      const quota = addresses.look(key, limits.perAddress)
      refuseSpent(quota, 'requests of this network address without a valid access token')
      addresses.charge(key, limits.perAddress)
    },
  }
}

/** A request of somebody in several teams counts for the one that has most left. */
const chooseTeam = (teams: readonly string[], remainingOf: (team: string) => number): string | undefined => {
  if (teams.length < 2) return teams[0]
  const remaining = teams.map(remainingOf)
  return teams[remaining.indexOf(Math.max(...remaining))]
}

/** @throws Problem `rate_limited` */
const refuseSpent = (quota: Quota, what: string): void => {
  if (quota.remaining < 1) throw refusal(quota, what)
}

const refusal = (quota: Quota, what: string, about?: About): Problem =>
  new Problem(
    'rate_limited',
    `More than ${quota.limit} ${what} in a minute; nothing was done. Try again after Retry-After.`,
    { about, headers: { ...toFields(quota), 'retry-after': String(quota.retryAfterSeconds) } },
  )

/** One text for each caller. */
export const toCallerKey = ({ subject, clientId }: Principal): string => `${clientId ?? ''}\n${subject}`

const showsRetrievalTokens = ({ routeOptions }: FastifyRequest): boolean =>
  routeOptions.config.scope === 'secrets:redeem'

/** Counts every answer that the token is unknown, before it leaves, so that the next request finds it counted. */
export const countUnknownTokens = (app: FastifyInstance, limits: RateLimits): void => {
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (request.principal && request.problem?.code === 'retrieval_not_found')
      limits.countUnknownToken(reply, request.principal)
    done()
  })
}

/** Header fields of draft-ietf-httpapi-ratelimit-headers, in the form (up to -07) that clients read today. */
const toFields = ({ limit, remaining, resetSeconds }: Quota): Record<string, string> => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': String(resetSeconds),
})

/** Whoever has one IPv6 address has all 2^64 of its network (RFC 4291 section 2.5.4). */
export const toNetwork = (address: string): string => {
  if (!address.includes(':')) return address
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1)
  const [left = [], right = []] = address
    .split('::')
    .map(half => half.split(':').filter(group => group !== ''))
  const zeros = address.includes('::') ? Array<string>(8 - left.length - right.length).fill('0') : []
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
