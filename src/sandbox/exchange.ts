import type { IncomingHttpHeaders } from 'node:http'

/** An answer of an admin API; no body means an empty one. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A request to an admin API and what became of it. */
export interface Exchange {
  readonly method: string
  /** Without the API's base path. */
  readonly path: string
  readonly query: string
  /** Without credentials. */
  readonly requestHeaders: IncomingHttpHeaders
  /** Text where it isn't JSON. */
  readonly requestBody: unknown
  /** Undefined when the socket was dropped. */
  readonly status: number | undefined
  readonly responseBody: unknown
}

/** Ends a request with an error status. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}

/** A body as an exchange shows it. */
export function toRecorded(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text === '' ? undefined : text
  }
}
