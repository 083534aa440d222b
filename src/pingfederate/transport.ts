import { type Dispatcher, Pool, request } from 'undici'
import type { Secret } from '../secret.ts'
import { userAgent } from '../version.ts'
import { isApiResult, type OwnWords, parseApiResult } from './api-result.ts'
import type { AdminApiConfig } from './config.ts'
import { createConnector } from './connect.ts'
import { createCredentials } from './credentials.ts'
import { PingFederateFailure, toFailure } from './failure.ts'
import { findSecrets, type Identity } from './identity.ts'
import { type Answer, parseAnswer } from './parse-answer.ts'
import { createPools } from './pools.ts'
import { parseRetryAfter } from './retry-after.ts'

/** What calls are for, by the names that metrics have for them. */
export const operations = [
  'create_client',
  'replace_client',
  'update_client',
  'rotate_secret',
  'end_former_secrets',
  'delete_client',
  'find_client',
  'list_clients',
  'get_version',
  'get_cluster_status',
  'get_cluster_settings',
  'replicate',
  'get_prerequisites',
] as const
export type Operation = (typeof operations)[number]

/** A call to an administrative API. */
export type ApiCall<T> = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  body?: unknown
  /** What the body has in confidence. */
  secrets?: readonly Secret[]
  /** Makes something of a 2xx or a 404. @throws PingFederateFailure `unexpected` where it is not what the API describes */
  read: (answer: Answer) => T
}

/** A call to PingFederate's. */
export type Call<T> = ApiCall<T> & { operation: Operation }
export type CallPingFederate = <T>(call: Call<T>) => Promise<T>

/**
 * One call to an administrative API, with its deadline.
 * Resolves to what is read of 2xx and 404; everything else rejects with a {@link PingFederateFailure}.
 */
export type Transport = { call: <T>(call: ApiCall<T>) => Promise<T>; close: () => Promise<void> }

/** Where PingFederate serves the administrative API. */
export const apiPath = '/pf-admin-api/v1'

/** What tells one administrative API from another. */
export type AdminApi = {
  /** Where it is served, below the base URL. */
  path: string
  /** The value of `X-XSRF-Header`; a request without it is refused, GET included. */
  xsrfHeader: string
  /** Whether a body is its own error, and not that of something on the way. */
  isOwnError: (body: unknown) => boolean
  /** What such an error says; texts of the request that are confidential are masked. */
  parseOwnError: (body: unknown, secrets: readonly string[]) => OwnWords
  maxResponseBytes: number
}

const pingFederateApi: AdminApi = {
  path: apiPath,
  xsrfHeader: 'PingFederate',
  isOwnError: isApiResult,
  parseOwnError: parseApiResult,
  maxResponseBytes: 1024 * 1024,
}

/** PingFederate's administrative API unless told otherwise. */
type TransportOptions = { identity: Identity; now: () => number; api?: AdminApi }

export const createTransport = (
  { adminUrl, timeoutMs, concurrency: connections }: AdminApiConfig,
  { identity, now, api = pingFederateApi }: TransportOptions,
): Transport => {
  const connect = createConnector(identity)
  const { origin, pathname } = new URL(adminUrl)
  const base = pathname.replace(/\/$/, '') + api.path
  const pools = createPools({
    identity,
    open: each =>
      new Pool(each, {
        connect,
        connections: each === origin ? connections : 1,
        ...poolOptions(timeoutMs, api),
      }),
  })
  const credentials = createCredentials({
    identity,
    now,
    post: (url, init) =>
      withDeadline(timeoutMs, async signal => {
        const dispatcher = pools.get(new URL(url).origin)
        const answer = await request(url, { ...init, method: 'POST', dispatcher, signal })
        const retryAfterSeconds = parseRetryAfter(answer.headers, now())
        return { status: answer.statusCode, text: await answer.body.text(), retryAfterSeconds }
      }),
  })

  const send = async ({ method, path, body }: ApiCall<unknown>, authorization: string | undefined) => {
    try {
      return await withDeadline(timeoutMs, async signal => {
        const answer = await pools.get(origin).request({
          method,
          path: base + path,
          headers: toHeaders(api, authorization, body !== undefined),
          body: body === undefined ? null : JSON.stringify(body),
          signal,
        })
        return Object.assign(answer, { text: await answer.body.text() })
      })
    } catch (error) {
      throw toFailure(error)
    }
  }
  /** A certificate that is refused, on either side, may have been exchanged since; nothing was read of such a call. */
  const sendTrusted = (call: ApiCall<unknown>, authorization: string | undefined) =>
    send(call, authorization).catch(async (failure: PingFederateFailure) => {
      if (failure.kind !== 'tls' || !(await identity.refresh())) throw failure
      return send(call, authorization)
    })
  return {
    call: async call => {
      // What closing ends may have been sent already; what is called afterwards was not.
      if (pools.isClosed()) throw new PingFederateFailure('unreachable')
      await identity.refreshCertificates()
      const authorization = await credentials.authorization()
      let answer = await sendTrusted(call, authorization)
      if (answer.statusCode === 401 && (await credentials.renew(authorization))) {
        answer = await send(call, await credentials.authorization())
      }
      return readAnswer(call, answer, { now: now(), identity, authorization, api })
    },
    close: pools.close,
  }
}

type Sent = { now: number; identity: Identity; authorization: string | undefined; api: AdminApi }

const readAnswer = <T>(
  call: ApiCall<T>,
  { statusCode: status, headers, text }: Dispatcher.ResponseData & { text: string },
  { now, identity, authorization, api: { isOwnError, parseOwnError } }: Sent,
): T => {
  const secrets = () => [
    ...(call.secrets ?? []).map(secret => secret.reveal()),
    ...findSecrets(identity),
    // Either kind of `Authorization` is a word and what is confidential.
    ...(authorization?.split(' ').slice(1) ?? []),
  ]
  const isRead = call.method === 'GET'
  return call.read(parseAnswer({ status, headers, text, now, secrets, isRead, isOwnError, parseOwnError }))
}

const poolOptions = (timeoutMs: number, { maxResponseBytes }: AdminApi) => ({
  headersTimeout: timeoutMs,
  bodyTimeout: timeoutMs,
  maxResponseSize: maxResponseBytes,
})

/**
 * Also ends a body that drips byte by byte, which undici's own timeouts let go on. Not `AbortSignal.timeout`, because
 * that keeps itself and all of the call's memory until the time is up, however soon the call has ended.
 */
const withDeadline = async <T>(timeoutMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController()
  const expire = () => controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'))
  const timer = setTimeout(expire, timeoutMs)
  try {
    return await call(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}

const toHeaders = (
  { xsrfHeader }: AdminApi,
  authorization: string | undefined,
  hasBody: boolean,
): Record<string, string> => ({
  'x-xsrf-header': xsrfHeader,
  accept: 'application/json',
  'user-agent': userAgent,
  ...(hasBody && { 'content-type': 'application/json' }),
  ...(authorization !== undefined && { authorization }),
})
