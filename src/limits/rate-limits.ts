import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Principal } from '../principal.ts'
import { type About, Problem } from '../problem.ts'
import { createGuesses } from './guesses.ts'
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
   * Counts a request of a caller and reports in `RateLimit-*` what is left.
   * @throws Problem `rate_limited`; a refused request is not counted. A refusal for guessing tokens goes to the audit
   *   trail once a minute per caller
   */
  admitCaller: (request: FastifyRequest, reply: FastifyReply, principal: Principal) => void
  /**
   * Counts a retrieval token while it is looked at, and for good if it turns out not to exist or not to be the caller's,
   * without telling the two apart. The returned function ends that.
   * @throws Problem `rate_limited`, before the token is looked at
   */
  beginGuess: (principal: Principal) => (reply: FastifyReply, isWrong: boolean) => void
  /**
   * Counts a request without a valid access token for its network; requests of unknown addresses count together.
   * @throws Problem `rate_limited`
   */
  admitStranger: (address: string | undefined) => void
}

type Options = {
  limits: RateLimitConfig
  /** The team policy's limit, which replaces `limits.perTeam`, if it sets one. */
  findTeamLimit: (team: string) => number | undefined
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Bounds the memory: a key takes about 150 bytes. A caller whose key is forgotten has its whole limit again. */
const maxKeys = 10_000

/** Rate limits of this process; each replica counts for itself. */
export const createRateLimits = ({ limits, findTeamLimit, now }: Options): RateLimits => {
  const create = () => createRateLimiter({ maxKeys, now })
  const limitOf = (team: string): number => findTeamLimit(team) ?? limits.perTeam
  const [callers, teams, addresses, reports] = [create(), create(), create(), create()]
  const guesses = createGuesses(create(), limits.unknownTokens)
  /** Once a minute per caller, because a flood of refusals would otherwise be a flood of writes. */
  const isWorthReporting = (key: string): boolean => {
    const isFirst = reports.look(key, 1).remaining >= 1
    if (isFirst) reports.charge(key, 1)
    return isFirst
  }
  const refuseGuessing = (key: string): void => {
    const { isSpent, ...quota } = guesses.look(key)
    if (quota.remaining >= 1) return
    if (isSpent)
      throw refusal(quota, 'retrieval tokens that are not yours', isWorthReporting(key) ? {} : undefined)
    // Not on record, because all of them may be the caller's own.
    throw refusal(quota, 'retrieval tokens at once, with those that were not yours,')
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
    beginGuess: principal => {
      const key = toCallerKey(principal)
      refuseGuessing(key)
      const end = guesses.begin(key)
      return (reply, isWrong) => {
        const left = end(isWrong)
        if (left) reply.headers(toFields(left))
      }
    },
    admitStranger: address => {
      const key = address === undefined ? 'unknown' : toNetwork(address)
      const quota = addresses.look(key, limits.perAddress)
      refuseSpent(quota, 'requests of this network address without a valid access token')
      addresses.charge(key, limits.perAddress)
    },
  }
}

/** A request of a caller in several teams counts for the team that has most left. */
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

/** Identifies a caller: a subject behind one OAuth client. */
export const toCallerKey = ({ subject, clientId }: Principal): string => `${clientId ?? ''}\n${subject}`

const showsRetrievalTokens = ({ routeOptions }: { routeOptions: Pick<RouteOptions, 'config'> }): boolean =>
  routeOptions.config?.scope === 'secrets:redeem'

/**
 * Counts the retrieval tokens that the handlers of this registration look at: around the handler, so that a body that
 * does not come holds nothing, and nothing is kept of a request however it ends.
 */
export const countUnknownTokens = (app: FastifyInstance, limits: Pick<RateLimits, 'beginGuess'>): void => {
  app.addHook('onRoute', route => {
    if (!showsRetrievalTokens({ routeOptions: route })) return
    const { handler } = route
    route.handler = async function (request, reply) {
      const end = limits.beginGuess(principalOf(request))
      let isWrong = false
      try {
        return await handler.call(this, request, reply)
      } catch (error) {
        isWrong = error instanceof Problem && error.code === 'retrieval_not_found'
        throw error
      } finally {
        end(reply, isWrong)
      }
    }
  })
}

const principalOf = ({ principal }: FastifyRequest): Principal => {
  if (!principal) throw new Error('A retrieval token was shown outside the protected registration.')
  return principal
}

/** Header fields of draft-ietf-httpapi-ratelimit-headers, in the form (up to -07) that clients read today. */
const toFields = ({ limit, remaining, resetSeconds }: Quota): Record<string, string> => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': String(resetSeconds),
})

/** The /64 network of an IPv6 address, because whoever has one has all 2^64 of it (RFC 4291 section 2.5.4). */
export const toNetwork = (address: string): string => {
  if (!address.includes(':')) return address
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1)
  const [left = [], right = []] = address
    .split('::')
    .map(half => half.split(':').filter(group => group !== ''))
  const zeros = address.includes('::') ? Array<string>(8 - left.length - right.length).fill('0') : []
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
