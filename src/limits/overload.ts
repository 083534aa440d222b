import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../problem.ts'
import { readNodeFlags, toOldGenerationLimit } from './old-generation.ts'

/** How late a timer comes shows how long a request waits before anybody looks at it. */
const sampleMs = 100
/** Later than this for so many samples in a row is more work than the process can do, not a burst. */
const lateMs = 50
const lateSamples = 5
/** One stop of this length is enough: whoever sent something meanwhile has waited already. */
const blockedMs = 1_000
/** Under pressure so much of each turn of the event loop is for new requests; those after it are refused at once. */
const turnMs = 10
/** Without a refusal for so long the pressure is over. */
const calmMs = 500
/** The collector works ever harder from here on, and at the limit the process dies. */
const maxHeapShare = 0.8

/** Bodies on their way are in nobody's count yet, and each may be as large as any: a quarter of a small heap for all of them. */
const maxArrivingBytes = 16 * 1024 * 1024

type Sample = { lagMs: number; heapShare: number }

export type LoadGauge = {
  sample: (sample: Sample) => void
  /** Whether one more request may begin. */
  admits: () => boolean
  /** A request that is worked on; the returned function ends it. */
  begin: () => () => void
}

type GaugeOptions = {
  maxInFlight: number
  /** Milliseconds of a clock that is never set. */
  now: () => number
  /** Calls back when this turn of the event loop is over. */
  afterTurn: (done: () => void) => void
}

/** Decides by requests in flight, delay of the event loop and heap whether the process can take more. */
export const createLoadGauge = ({ maxInFlight, now, afterTurn }: GaugeOptions): LoadGauge => {
  let inFlight = 0
  let lateInARow = 0
  let isHeapFull = false
  let pressedUntil = Number.NEGATIVE_INFINITY
  let turnBegan: number | undefined

  const isTurnUsedUp = (): boolean => {
    if (turnBegan === undefined) {
      turnBegan = now()
      afterTurn(() => {
        turnBegan = undefined
      })
      // The first of a turn is taken, whatever the clock says by now: a machine that is busy with others has stopped us here.
      return false
    }
    if (now() - turnBegan <= turnMs) return false
    pressedUntil = now() + calmMs
    return true
  }
  return {
    sample: ({ lagMs, heapShare }) => {
      isHeapFull = heapShare > maxHeapShare
      lateInARow = lagMs > lateMs ? lateInARow + 1 : 0
      if (lateInARow >= lateSamples || lagMs > blockedMs) pressedUntil = now() + calmMs
    },
    admits: () => {
      if (isHeapFull || inFlight >= maxInFlight) return false
      return now() >= pressedUntil || !isTurnUsedUp()
    },
    begin: () => {
      inFlight += 1
      return () => {
        inFlight -= 1
      }
    },
  }
}

/** One for all: making an error with its stack costs more than the whole refusal. */
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
 * Refuses requests that would only wait, before anything is spent on them; liveness and metrics are always answered.
 * A request counts from when it has arrived as a whole, so that slow senders do not take anybody's place; until then
 * only its bytes do.
 * @returns what tells how many bytes of bodies are on their way
 */
export const shedLoad = (
  app: FastifyInstance,
  { maxInFlight, observeDelay }: SheddingOptions,
): (() => number) => {
  const gauge = createLoadGauge({ maxInFlight, now: () => performance.now(), afterTurn: setImmediate })
  const stop = sampleProcess(gauge, observeDelay)
  app.addHook('onClose', async () => stop())
  app.addHook('onRequest', (request, _reply, done) => {
    const isAdmitted = alwaysAnswered.has(request.routeOptions.url) || gauge.admits()
    done(isAdmitted ? undefined : overloaded)
  })
  const arrivals = createArrivals()
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (arrivals.admit(request, reply)) done(null, payload)
    else done(overloaded)
  })
  app.addHook('preValidation', (_request, reply, done) => {
    // A client that has gone already will not go again.
    if (!reply.raw.closed) reply.raw.once('close', gauge.begin())
    done()
  })
  return arrivals.bytes
}

/** Counts the bytes of bodies on their way. */
const createArrivals = () => {
  let arrivingBytes = 0
  return {
    bytes: (): number => arrivingBytes,
    /** False for a body that does not fit beside the others. */
    admit: (request: FastifyRequest, reply: FastifyReply): boolean => {
      let bytes = toBodyBytes(request)
      if (bytes === 0 || reply.raw.closed) return true
      if (arrivingBytes + bytes > maxArrivingBytes) return false
      arrivingBytes += bytes
      const end = (): void => {
        arrivingBytes -= bytes
        bytes = 0
      }
      // When it has arrived. Of a body that is not read this never comes, but its answer ends, or its connection.
      request.raw.once('close', end)
      reply.raw.once('close', end)
      return true
    },
  }
}

const methodsWithoutBody: ReadonlySet<string> = new Set(['GET', 'HEAD', 'TRACE'])

/** What is read of a body at most: its length where it tells one, and what it may be where it does not. */
const toBodyBytes = ({ method, headers, routeOptions: { bodyLimit } }: FastifyRequest): number => {
  if (methodsWithoutBody.has(method)) return 0
  if (headers['transfer-encoding'] !== undefined) return bodyLimit
  const length = Number(headers['content-length'] ?? 0)
  // A longer one is refused unread.
  return length > bodyLimit ? 0 : length
}

const countOldBytes = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((bytes, { space_used_size: used }) => bytes + used, 0)

const sampleProcess = (
  { sample }: LoadGauge,
  observeDelay: SheddingOptions['observeDelay'],
): (() => void) => {
  const limit = toOldGenerationLimit(getHeapStatistics().heap_size_limit, readNodeFlags())
  let dueAt = performance.now() + sampleMs
  const timer = setInterval(() => {
    const at = performance.now()
    const lagMs = at - dueAt
    sample({ lagMs, heapShare: countOldBytes() / limit })
    observeDelay(Math.max(lagMs, 0) / 1000)
    dueAt = at + sampleMs
  }, sampleMs).unref()
  return () => clearInterval(timer)
}
