import type { CountProblem, RequestWatch } from '../http/measure-requests.ts'
import type { ProblemCode } from '../problem.ts'
import type { MetricRegistry } from './registry.ts'

export type RequestMetrics = RequestWatch & {
  /** What tells how many bytes of bodies are on their way. */
  watchArrivals: (bytes: () => number) => void
}

/** Anybody may send any method, and each would be a series of its own. */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** In seconds: from what a read takes to the 15 seconds that a stop lets a request have. */
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]

export const createRequestMetrics = ({ counter, histogram, gauge }: MetricRegistry): RequestMetrics => {
  let inFlight = 0
  const count = counter({
    name: 'web_session_clients_http_requests_total',
    help: 'Requests answered, by method, route template and status.',
    labels: ['method', 'route', 'status'],
  })
  const observe = histogram({
    name: 'web_session_clients_http_request_duration_seconds',
    help: 'How long requests took, by method and route template.',
    labels: ['method', 'route'],
    buckets,
  })
  gauge({
    name: 'web_session_clients_http_requests_in_flight',
    help: 'Requests being worked on.',
    labels: [],
    read: () => [[{}, inFlight]],
  })
  let readArriving: (() => number) | undefined
  gauge({
    name: 'web_session_clients_http_arriving_bytes',
    help: 'Bytes of request bodies that were announced and have not arrived.',
    labels: [],
    read: () => (readArriving ? [[{}, readArriving()]] : []),
  })
  return {
    begin: () => {
      inFlight += 1
    },
    end: () => {
      inFlight -= 1
    },
    observe: ({ method: sent, route, status, seconds }) => {
      const method = methods.has(sent) ? sent : 'other'
      count({ method, route, status: String(status) })
      observe({ method, route }, seconds)
    },
    watchArrivals: bytes => {
      readArriving = bytes
    },
  }
}

export const createProblemCounter = (
  { eventCounter }: MetricRegistry,
  codes: readonly ProblemCode[],
): CountProblem => {
  const count = eventCounter({
    name: 'web_session_clients_problems_total',
    help: 'Requests answered with a problem, by its code.',
    values: { code: codes },
  })
  return code => count({ code })
}
