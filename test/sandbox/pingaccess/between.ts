import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { listen } from '../../../src/sandbox/listen.ts'

/** What becomes of one call: it reaches PingAccess or not, and its answer is lost, late or another one. */
export type Trouble = {
  reaches: boolean
  answer: 'reset' | 'none' | { status: number; body: unknown }
}

export type Between = {
  url: string
  /** Writes that came, as `POST /certificates`. */
  writes: string[]
  /** For the next call of that method and path; the call of any other is passed on. */
  next: (method: string, path: string, trouble: Trouble) => void
}

const answer = (response: ServerResponse, status: number, text: string | undefined): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(text)

const make = ({ answer: made }: Trouble, request: IncomingMessage, response: ServerResponse): void => {
  if (made === 'reset') request.socket.resetAndDestroy()
  else if (made !== 'none') answer(response, made.status, JSON.stringify(made.body))
}

const pass = (adminUrl: string, { method = '', url = '', headers }: IncomingMessage, body: Buffer) => {
  const { host, connection, 'content-length': length, 'transfer-encoding': encoding, ...others } = headers
  return fetch(adminUrl + url, {
    method,
    headers: others as Record<string, string>,
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  })
}

/** Stands between the service and PingAccess's admin API. */
export const standBetween = async (t: TestContext, adminUrl: string): Promise<Between> => {
  const troubles = new Map<string, Trouble>()
  const writes: string[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request
    const body = await buffer(request)
    const call = `${method} ${url.replace('/pa-admin-api/v3', '')}`
    if (method !== 'GET') writes.push(call)
    const trouble = troubles.get(call)
    troubles.delete(call)
    const passed = trouble?.reaches === false ? undefined : await pass(adminUrl, request, body)
    if (trouble === undefined) answer(response, passed?.status ?? 502, await passed?.text())
    else make(trouble, request, response)
  }
  const server = createServer((request, response) => void serve(request, response))
  const listening = await listen(server, 0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    return listening[Symbol.asyncDispose]()
  })
  return {
    url: `http://127.0.0.1:${listening.port}`,
    writes,
    next: (method, path, trouble) => void troubles.set(`${method} ${path}`, trouble),
  }
}
