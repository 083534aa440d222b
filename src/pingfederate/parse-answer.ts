import type { IncomingHttpHeaders } from 'node:http'
import { isApiResult, type OwnWords, parseApiResult } from './api-result.ts'
import { type FailureKind, PingFederateFailure, type Speaker } from './failure.ts'
import { parseRetryAfter } from './retry-after.ts'

export type Answer = { status: number; body: unknown }

type Received = {
  status: number
  headers: IncomingHttpHeaders
  text: string
  now: number
  /** What was sent in confidence; no text of the answer shows it. */
  secrets: () => readonly string[]
  /** Of a call that changes nothing, so that nothing in it can be refused. */
  isRead: boolean
  /** Whether a body is the product's own error; PingFederate's unless told otherwise. */
  isOwnError?: (body: unknown) => boolean
  /** What is in such an error. */
  parseOwnError?: (body: unknown, secrets: readonly string[]) => OwnWords
}

/**
 * The one place that decides whose word an answer is. A proxy, a firewall or the web server that PingFederate runs in
 * answers under its address, too; what they say of one request says nothing of the client, the account or the cluster.
 * @throws PingFederateFailure for all but 404 and a 2xx that is no page, of which the call itself makes something
 */
export const parseAnswer = ({
  status,
  headers,
  text,
  now,
  secrets,
  isRead,
  isOwnError = isApiResult,
  parseOwnError = parseApiResult,
}: Received): Answer => {
  const body = parseBody(text)
  const isPage = body === undefined && text !== ''
  if (status === 404 || (status >= 200 && status < 300 && !isPage)) return { status, body }
  const speaker = findSpeaker(text, isOwnError(body))
  const told = toKind(status, speaker)
  const kind = told === 'invalid' && isRead ? 'unexpected' : told
  const { fieldErrors, resultId, reason } = parseOwnError(body, secrets())
  throw new PingFederateFailure(kind, {
    ...{ status, speaker },
    ...(speaker === 'itself' && { resultId, reason }),
    ...(speaker === 'itself' && kind === 'invalid' && { fieldErrors }),
    retryAfterSeconds: parseRetryAfter(headers, now),
  })
}

/** Of statuses whose meaning depends on who speaks. */
const ownKinds: Readonly<Record<number, FailureKind>> = {
  400: 'invalid',
  401: 'credentials',
  403: 'forbidden',
  422: 'invalid',
}

const toKind = (status: number, speaker: Speaker): FailureKind => {
  if (status === 429) return 'busy'
  // A proxy that has stopped waiting; PingFederate may still be at it, as after a time-out of our own.
  if (status === 504) return 'timeout'
  if (status >= 500) return 'server-error'
  // PingFederate gives a reason with each 403, but for those of a cluster's resources.
  if (speaker === 'another' || (speaker === 'unknown' && status === 403)) return 'unexpected'
  return ownKinds[status] ?? 'unexpected'
}

/** The product's own error is JSON of a form that is its own, or has no body at all; a page never is its own. */
const findSpeaker = (text: string, isOwn: boolean): Speaker => {
  if (isOwn) return 'itself'
  return text === '' ? 'unknown' : 'another'
}

export const parseBody = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The body of an answer of that status. @throws PingFederateFailure `unexpected` for any other */
export const bodyOf = ({ status, body }: Answer, expected: number): unknown => {
  if (status !== expected) throw new PingFederateFailure('unexpected', { status })
  return body
}
