import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { createLoadGauge, watchProcess } from './load-gauge.ts'
import { toCallerKey, toNetwork } from './rate-limits.ts'
import { createShares, type Shares } from './shares.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Gives back what the request holds of a share; null before it holds any. */
    giveBackShare: (() => void) | null
  }
}

/** Bytes of all request bodies that are still arriving: a quarter of a small heap. */
const maxArrivingBytes = 16 * 1024 * 1024

/** Created once, because an error with its stack costs more than the rest of a refusal. */
export const overloaded = new Problem(
  'overloaded',
  'This instance has more requests than it can answer; nothing was done. Try again.',
  { headers: { 'retry-after': '1' } },
)

type SheddingOptions = {
  maxInFlight: number
  /** Called with every delay of the event loop, in seconds. */
  observeDelay: (seconds: number) => void
}

/** Answered even under overload, so that operators see whether the process lives and what it does. */
const alwaysAnswered: ReadonlySet<string | undefined> = new Set(['/health/live', '/metrics'])

/** What is asked and told of the load of this process. */
export type Load = {
  /** Bytes of bodies that are still arriving. */
  arrivingBytes: () => number
  /** Whether all who call have a place for one more change. */
  hasRoom: () => boolean
  /** Whether this caller has one. */
  hasRoomFor: (caller: Principal) => boolean
}

/**
 * Refuses requests that would only wait. Where the process itself is overloaded, it refuses them before any other work;
 * where their sender has its share of requests in flight already, before the handler. A request counts as in flight
 * once its body has arrived. Until then only its bytes count, so that a slow sender keeps no other request out. Reads have
 * places of their own: whoever makes more changes than fit still sees what came of them.
 */
export const shedLoad = (app: FastifyInstance, { maxInFlight, observeDelay }: SheddingOptions): Load => {
  const gauge = createLoadGauge({ now: () => performance.now(), afterTurn: setImmediate })
  const stop = watchProcess({ gauge, observeDelay })
  app.addHook('onClose', async () => stop())
  app.addHook('onRequest', (request, _reply, done) => {
    done(isAlwaysAnswered(request) || gauge.admits() ? undefined : overloaded)
  })
  const bytes = createShares(maxArrivingBytes)
  const changes = createShares(maxInFlight)
  const reads = createShares(maxInFlight)
  const placesOf = ({ method }: FastifyRequest): Shares => (methodsWithoutBody.has(method) ? reads : changes)
  app.decorateRequest('giveBackShare', null)
  /** Holds the share until the reply closes, or until the next one takes its turn. */
  const take = (request: FastifyRequest, reply: FastifyReply, shares: Shares, amount: number): boolean => {
    // A reply that has already closed does not close again, so nothing would give the share back.
    if (reply.raw.closed || isAlwaysAnswered(request)) return true
    if (request.giveBackShare === null) reply.raw.once('close', () => request.giveBackShare?.())
    request.giveBackShare?.()
    const giveBack = shares.take(toSender(request), amount)
    request.giveBackShare = giveBack ?? noShare
    return giveBack !== undefined
  }
  app.addHook('preParsing', (request, reply, payload, done) => {
    // Its body is not read where there is no place for it anyway.
    if (!isAlwaysAnswered(request) && !placesOf(request).fits(toSender(request), 1)) return done(overloaded)
    const size = toBodyBytes(request)
    done(size === 0 || take(request, reply, bytes, size) ? null : overloaded, payload)
  })
  // The body has arrived.
  app.addHook('preValidation', (request, reply, done) => {
    done(take(request, reply, placesOf(request), 1) ? undefined : overloaded)
  })
  return {
    arrivingBytes: bytes.taken,
    hasRoom: () => changes.fitsAll(1),
    hasRoomFor: caller => changes.fits(toCallersSender(caller), 1),
  }
}

const isAlwaysAnswered = ({ routeOptions }: FastifyRequest): boolean => alwaysAnswered.has(routeOptions.url)

const noShare = (): void => undefined

/** Whose share it takes: the caller's teams', the caller's if it has none, the network's if there is no valid token. */
const toSender = ({ principal, ip }: FastifyRequest): string =>
  principal ? toCallersSender(principal) : `network ${toNetwork(ip ?? '')}`

const toCallersSender = (principal: Principal): string => {
  const { teams } = principal
  if (teams.length === 0) return `caller ${toCallerKey(principal)}`
  return `teams ${teams.length === 1 ? teams[0] : teams.toSorted().join('\n')}`
}

const methodsWithoutBody: ReadonlySet<string> = new Set(['GET', 'HEAD', 'TRACE'])

/** Bytes of the body that will be read at most: its announced length, or the route's limit if it announces none. */
const toBodyBytes = ({ method, headers, routeOptions: { bodyLimit } }: FastifyRequest): number => {
  if (methodsWithoutBody.has(method)) return 0
  if (headers['transfer-encoding'] !== undefined) return bodyLimit
  const length = Number(headers['content-length'] ?? 0)
  // A longer body is refused without being read.
  return length > bodyLimit ? 0 : length
}
