import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../problem.ts'
import { createLoadGauge, watchProcess } from './load-gauge.ts'
import { toCallerKey, toNetwork } from './rate-limits.ts'
import { createShares } from './shares.ts'

/** All bodies under way together: each may become as large as any, and this is a quarter of a small heap. */
const maxArrivingBytes = 16 * 1024 * 1024

/** Made once, because an error and its stack cost more than the rest of a refusal. */
const overloaded = new Problem(
  'overloaded',
  'This instance has more requests than it can answer; nothing was done. Try again.',
  { headers: { 'retry-after': '1' } },
)

type SheddingOptions = {
  maxInFlight: number
  /** Told how late a timer came, in seconds. */
  observeDelay: (seconds: number) => void
}

/** Answered whatever there is to do: whether the process lives, and what it is at. */
const alwaysAnswered: ReadonlySet<string | undefined> = new Set(['/health/live', '/metrics'])

/**
 * Refuses requests that would only wait: before anything is spent on them where the process itself is late, and before
 * the handler where their sender holds its share already. A request takes one of the places when it has arrived as a
 * whole; until then only its bytes count, so that a slow sender holds nobody's place.
 * @returns what tells how many bytes of bodies are under way
 */
export const shedLoad = (
  app: FastifyInstance,
  { maxInFlight, observeDelay }: SheddingOptions,
): (() => number) => {
  const gauge = createLoadGauge({ now: () => performance.now(), afterTurn: setImmediate })
  const stop = watchProcess({ gauge, observeDelay })
  app.addHook('onClose', async () => stop())
  app.addHook('onRequest', (request, _reply, done) => {
    done(isAlwaysAnswered(request) || gauge.admits() ? undefined : overloaded)
  })
  const bytes = createShares(maxArrivingBytes)
  app.addHook('preParsing', (request, reply, payload, done) => {
    const size = toBodyBytes(request)
    if (size === 0 || reply.raw.closed) return done(null, payload)
    const giveBack = bytes.take(toBodyHolder(request), size)
    if (!giveBack) return done(overloaded)
    // The body has arrived. For one that is not read this never comes, but its answer ends, or its connection.
    request.raw.once('close', giveBack)
    reply.raw.once('close', giveBack)
    done(null, payload)
  })
  const places = createShares(maxInFlight)
  app.addHook('preValidation', (request, reply, done) => {
    // A connection that has ended already does not end again, so nothing would give its place back.
    if (reply.raw.closed || isAlwaysAnswered(request)) return done()
    const giveBack = places.take(toHolder(request), 1)
    if (!giveBack) return done(overloaded)
    reply.raw.once('close', giveBack)
    done()
  })
  return bytes.taken
}

const isAlwaysAnswered = ({ routeOptions }: FastifyRequest): boolean => alwaysAnswered.has(routeOptions.url)

/** Whose share a request counts for: its teams', its caller's where it has none, its network's where nobody is known. */
const toHolder = ({ principal, ip }: FastifyRequest): string => {
  if (!principal) return `network ${toNetwork(ip ?? '')}`
  return principal.teams.length > 0
    ? `teams ${principal.teams.toSorted().join('\n')}`
    : `caller ${toCallerKey(principal)}`
}

/** No operation reads a body of somebody unknown, so that all of them together, from many networks, have one share. */
const toBodyHolder = (request: FastifyRequest): string => (request.principal ? toHolder(request) : 'unknown')

const methodsWithoutBody: ReadonlySet<string> = new Set(['GET', 'HEAD', 'TRACE'])

/** What is read of a body at most: its length where it tells one, and what it may be where it does not. */
const toBodyBytes = ({ method, headers, routeOptions: { bodyLimit } }: FastifyRequest): number => {
  if (methodsWithoutBody.has(method)) return 0
  if (headers['transfer-encoding'] !== undefined) return bodyLimit
  const length = Number(headers['content-length'] ?? 0)
  // A longer one is refused unread.
  return length > bodyLimit ? 0 : length
}
