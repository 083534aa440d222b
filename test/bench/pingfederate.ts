import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/*
 * PingFederate's admin API for a benchmark: of a client it keeps what differs between clients, and it checks little,
 * because the sandbox's own stand-in costs more per request than the service that is measured. Its answers are those of
 * the sandbox (`ANSWER_TO_CREATE`) with what it keeps put in front. A number as message is the time it takes from then
 * on, in milliseconds.
 */
const template = (process.env['ANSWER_TO_CREATE'] ?? '{}').slice(1)
const prefix = '/pf-admin-api/v1'
let latencyMs = 0
process.on('message', message => {
  if (typeof message === 'number') latencyMs = message
})
process.channel?.unref()

/** Clients, and the version, by path: how the answer begins. */
const kept = new Map([[`${prefix}/version`, '{"version":"12.1.0.0"']])

const save = (body: string): string => {
  const { clientId, name, description } = JSON.parse(body) as Record<string, unknown>
  const beginning = JSON.stringify({ clientId, name, description }).slice(0, -1)
  kept.set(`${prefix}/oauth/clients/${clientId}`, beginning)
  return beginning
}

const toAnswer = (call: string, path: string, body: string): [status: number, beginning?: string] => {
  if (call === `POST ${prefix}/oauth/clients`) return [201, save(body)]
  const beginning = kept.get(path)
  // What else is asked for is about a cluster, which there is not.
  if (beginning === undefined) return [403]
  return [200, call.startsWith('PUT') ? save(body) : beginning]
}

const answer = async ({ method, url = '' }: IncomingMessage, response: ServerResponse, sent: string) => {
  if (latencyMs > 0) await delay(latencyMs)
  const [status, beginning] = toAnswer(`${method} ${url}`, url, sent)
  const body = beginning === undefined ? '' : `${beginning},${template}`
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, headers).end(body)
}

const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
  let text = ''
  request.on('data', chunk => {
    text += chunk
  })
  request.on('end', () => void answer(request, response, text).catch(() => response.destroy()))
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening at http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
