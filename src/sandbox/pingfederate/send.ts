import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from '../exchange.ts'
import type { OddAnswer } from './faults.ts'

/** What has gone out, for the recorder; no status when the socket was dropped. */
export interface Sent {
  readonly status: number | undefined
  readonly body: unknown
}

/** Sends the answer as PingFederate does. */
export function send(response: ServerResponse, { status, body, headers = {} }: Answer): Sent {
  if (body === undefined) {
    response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': 0 }).end()
    return { status, body }
  }
  const text = JSON.stringify(body)
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  response.writeHead(status, { ...headers, ...type }).end(text)
  return { status, body }
}

/** Sends something else than the usual answer. */
export async function sendOdd(
  response: ServerResponse,
  odd: OddAnswer,
  usual: Answer,
  signal: AbortSignal,
): Promise<Sent> {
  const { status } = usual
  switch (odd.kind) {
    case 'drop':
      response.socket?.resetAndDestroy()
      return { status: undefined, body: undefined }
    case 'status':
      return sendRaw(response, odd.status, odd.headers ?? {}, odd.body)
    case 'redirect':
      return sendRaw(response, 302, { location: odd.location }, undefined)
    case 'malformed-json':
      return sendRaw(response, status, { 'content-type': 'application/json' }, '{"clientId": "pa_')
    case 'empty':
      return sendRaw(response, status, {}, undefined)
    case 'html':
      return sendRaw(
        response,
        status,
        { 'content-type': 'text/html' },
        '<!DOCTYPE html><title>Sign On</title>',
      )
    case 'other-client':
      return send(response, { ...usual, body: { ...asObject(usual.body), clientId: odd.clientId } })
    case 'huge':
      return await sendHuge(response, status, odd.bytes, signal)
    case 'drip':
      return await sendDrip(response, usual, odd.intervalMs, signal)
    case 'close':
      response.once('finish', () => response.socket?.destroySoon())
      return send(response, usual)
  }
}

function sendRaw(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Sent {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body ?? '') }).end(body)
    return { status, body }
  }
  return send(response, { status, headers, body })
}

async function sendHuge(
  response: ServerResponse,
  status: number,
  bytes: number,
  signal: AbortSignal,
): Promise<Sent> {
  const filler = Buffer.alloc(64 * 1024, 'x')
  response.writeHead(status, { 'content-type': 'application/json' }).write('{"name":"')
  for (let left = bytes; left > 0 && !response.closed; left -= filler.length) {
    if (!response.write(filler.subarray(0, Math.min(left, filler.length)))) await drained(response, signal)
  }
  response.end('"}')
  return { status, body: undefined }
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const events = ['drain', 'close'] as const
  for (const event of events) response.once(event, resolve)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  for (const event of events) response.off(event, resolve)
}

async function sendDrip(
  response: ServerResponse,
  { status, body }: Answer,
  intervalMs: number,
  signal: AbortSignal,
): Promise<Sent> {
  const bytes = Buffer.from(JSON.stringify(body ?? {}))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.flushHeaders()
  for (const byte of bytes) {
    if (response.closed) break
    response.write(Buffer.of(byte))
    await delay(intervalMs, undefined, { signal })
  }
  response.end()
  return { status, body }
}

function asObject(body: unknown): object {
  return typeof body === 'object' && body !== null ? body : {}
}
