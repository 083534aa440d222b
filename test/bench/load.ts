import { Client } from 'undici'

export type Target = {
  url: string
  path: string
  /** Names and values in turn, as undici takes them fastest. */
  headers: string[]
  status: number
  /** Body of the next request, unlike all before; undefined when there are no more. */
  nextBody: () => string | undefined
}

export type Measured = { requests: number; perSecond: number; p50Ms: number; p99Ms: number }

/**
 * Sends requests on a number of connections, one at a time on each, and rejects at the first answer that is not the
 * expected one. undici's lowest level, because it costs the generator less per request than the measured routes
 * cost their servers, and because autocannon knows latencies in whole milliseconds only.
 */
export const load = async (target: Target, connections: number, seconds: number): Promise<Measured> => {
  const clients = Array.from({ length: connections }, () => new Client(target.url, { pipelining: 1 }))
  const latencies: number[] = []
  const begun = performance.now()
  const deadline = begun + seconds * 1000
  const sendInTurn = async (client: Client): Promise<void> => {
    for (let sent = performance.now(); sent < deadline; ) {
      const body = target.nextBody()
      if (body === undefined) return
      await send(client, target, body)
      const answered = performance.now()
      latencies.push(answered - sent)
      sent = answered
    }
  }
  try {
    await Promise.all(clients.map(sendInTurn))
  } finally {
    await Promise.all(clients.map(client => client.destroy()))
  }
  return summarise(latencies, (performance.now() - begun) / 1000)
}

const send = (client: Client, { url, path, headers, status }: Target, body: string) =>
  new Promise<void>((resolve, reject) => {
    let answeredStatus = 0
    let lastChunk: Buffer | undefined
    client.dispatch(
      { method: 'POST', path, headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          answeredStatus = statusCode
        },
        onResponseData: (_controller, chunk) => {
          lastChunk = chunk
        },
        onResponseEnd: () => {
          if (answeredStatus === status) return resolve()
          reject(new Error(`${url}${path} answered ${answeredStatus}, not ${status}: ${lastChunk}`))
        },
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })

const summarise = (latencies: number[], seconds: number): Measured => {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? 0
  return { requests: sorted.length, perSecond: sorted.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) }
}
