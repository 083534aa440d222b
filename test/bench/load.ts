import { setTimeout as delay } from 'node:timers/promises'
import { Client, type Dispatcher } from 'undici'

export type Target = {
  url: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** Names and values in turn, as undici takes them fastest. */
  headers: string[]
  status: number
  /** The next request of the connection of that number, from 0; undefined when there are no more. */
  next: (connection: number) => Sent | undefined
}

/** What differs between the requests to a target; the body is null where there is none. */
export type Sent = { path: string; body: string | null }

export type Measured = {
  requests: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Answers that a machine with other things to do has made the service refuse; they count for nothing. */
  refused: number
}

/** How long a connection that was refused waits. */
const refusedMs = 100

/**
 * Sends requests on a number of connections, one at a time on each, and rejects at the first answer that is neither the
 * expected one nor a refusal. undici's lowest level, because it costs the generator less per request than the measured routes
 * cost their servers, and because autocannon knows latencies in whole milliseconds only.
 */
export const load = async (target: Target, connections: number, seconds: number): Promise<Measured> => {
  const clients = Array.from({ length: connections }, () => new Client(target.url, { pipelining: 1 }))
  const latencies: number[] = []
  let refused = 0
  const begun = performance.now()
  const deadline = begun + seconds * 1000
  const sendOne = async (client: Client, sent: Sent): Promise<void> => {
    const { status, text, ms } = await send(client, target, sent)
    if (status === target.status) return void latencies.push(ms)
    if (status !== 503)
      throw new Error(`${target.method} ${target.url}${sent.path} answered ${status}: ${text}`)
    refused += 1
    await delay(refusedMs)
  }
  const sendInTurn = async (client: Client, connection: number): Promise<void> => {
    while (performance.now() < deadline) {
      const sent = target.next(connection)
      if (sent === undefined) return
      await sendOne(client, sent)
    }
  }
  try {
    await Promise.all(clients.map(sendInTurn))
  } finally {
    await Promise.all(clients.map(client => client.destroy()))
  }
  const perSecond = (1000 * latencies.length) / (performance.now() - begun)
  return { ...summarise(latencies), requests: latencies.length, perSecond, refused }
}

/** Status of the answer, the end of its text, and how long after the request was sent it was there, in milliseconds. */
export const send = (
  dispatcher: Dispatcher,
  { method, headers, url }: Target,
  { path, body }: Sent,
): Promise<{ status: number; text: string; ms: number }> =>
  new Promise((resolve, reject) => {
    let status = 0
    let sent = Number.NaN
    let lastChunk: Buffer | undefined
    dispatcher.dispatch(
      { origin: url, method, path, headers, body },
      {
        // Not before: it may have waited for a connection.
        onRequestStart: () => {
          sent = performance.now()
        },
        onResponseStart: (_controller, statusCode) => {
          status = statusCode
        },
        onResponseData: (_controller, chunk) => {
          lastChunk = chunk
        },
        onResponseEnd: () => resolve({ status, text: String(lastChunk ?? ''), ms: performance.now() - sent }),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })

export const summarise = (latencies: readonly number[]): { p50Ms: number; p99Ms: number } => {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number) =>
    sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}
