import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Exchange as AnyExchange, Refusal, toRecorded } from '../exchange.ts'
import { refusal } from './api-result.ts'
import { type AdminAccess, assertMayUse, createAuthenticate } from './authenticate.ts'
import { createFaults, type Fault, type Faults, type Strike } from './faults.ts'
import type { Installation } from './installation.ts'
import { createLockout } from './lockout.ts'
import { type AdminRequest, route } from './route.ts'
import { type Sent, send, sendOdd } from './send.ts'

/** A request and what became of it. */
export interface Exchange extends AnyExchange {
  /** Present when a fault struck. */
  readonly fault?: Fault
}

/** The admin API as a listener, its faults and its recorder. */
export interface AdminApi {
  readonly listener: RequestListener
  readonly faults: Faults
  /** Calls back after every exchange until the returned function is called. */
  readonly onExchange: (record: (exchange: Exchange) => void) => () => void
  /** Ends everything that a fault holds up. */
  readonly stop: () => void
}

const basePath = '/pf-admin-api/v1'

/** PingFederate's administrative API over an installation. */
export function createAdminApi(installation: Installation, access: AdminAccess): AdminApi {
  const { settings, now } = installation
  const authenticate = createAuthenticate(access, createLockout(settings, now))
  const { faults, take } = createFaults()
  const recorders = new Set<(exchange: Exchange) => void>()
  const stopped = new AbortController()

  async function answer(request: IncomingMessage, call: AdminRequest): Promise<Answer> {
    try {
      const role = authenticate(request)
      // Awaiting only what is a promise saves a turn of the event loop on the path that benchmarks measure.
      assertMayUse(typeof role === 'string' ? role : await role, call.method)
      return route(installation, call)
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      return { status: 500, body: { resultId: 'internal_error', message: String(error) } }
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request)
    const call = toAdminRequest(request, text)
    const strike = take(call.method, call.path)
    const { latencyMs } = installation.settings
    if (latencyMs > 0) await delay(latencyMs, undefined, { signal: stopped.signal })
    const act = () => answer(request, call)
    const sent = await (strike === undefined
      ? act().then(usual => send(response, usual))
      : struck(strike, act, call.method, response, stopped.signal))
    if (recorders.size > 0) report(toExchange(request, call, text, sent, strike))
  }

  function report(exchange: Exchange): void {
    for (const record of recorders) record(exchange)
  }

  return {
    listener(request, response) {
      // Whatever fails here, be it a body that breaks off or a stop in the middle of a delay, the caller sees a reset.
      serve(request, response).catch(() => response.destroy())
    },
    faults,
    onExchange(record) {
      recorders.add(record)
      return () => recorders.delete(record)
    },
    stop: () => stopped.abort(),
  }
}

async function struck(
  { fault, acted }: Strike,
  act: () => Promise<Answer>,
  method: string,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<Sent> {
  if (fault.delayMs !== undefined) await delay(fault.delayMs, undefined, { signal })
  await fault.actAfter
  const usual = fault.acts === false ? { status: method === 'POST' ? 201 : 200 } : await act()
  acted()
  if (fault.holdMs !== undefined) await delay(fault.holdMs, undefined, { signal })
  await fault.answerAfter
  return fault.answer === undefined
    ? send(response, usual)
    : await sendOdd(response, fault.answer, usual, signal)
}

async function readText(request: IncomingMessage): Promise<string> {
  if (request.method === 'GET') return ''
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function toAdminRequest(request: IncomingMessage, text: string): AdminRequest {
  const [fullPath = '', query = ''] = (request.url ?? '').split('?')
  const isInside = fullPath.startsWith(`${basePath}/`)
  return {
    method: request.method ?? '',
    path: isInside ? fullPath.slice(basePath.length) : '',
    query: new URLSearchParams(query),
    json: () => parseJson(request, text),
  }
}

function parseJson(request: IncomingMessage, text: string): unknown {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw refusal(415, 'unsupported_media_type', 'The content type must be application/json.')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw refusal(400, 'invalid_json', 'An error occurred while processing the JSON.')
  }
}

function toExchange(
  request: IncomingMessage,
  { method, path, query }: AdminRequest,
  text: string,
  sent: Sent,
  strike: Strike | undefined,
): Exchange {
  const { authorization, cookie, ...requestHeaders } = request.headers
  return {
    method,
    path,
    query: query.toString(),
    requestHeaders,
    requestBody: toRecorded(text),
    status: sent.status,
    responseBody: sent.body,
    ...(strike === undefined ? {} : { fault: strike.fault }),
  }
}
