import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/*
 * PingFederate's admin API for a benchmark: saves nothing and checks little, because the sandbox's own stand-in costs
 * more per request than the service that is measured. Its answers are those of the sandbox (`ANSWER_TO_CREATE`) with
 * what differs between clients put in front. A number as message is the time it takes from then on, in milliseconds.
 */
const template = (process.env['ANSWER_TO_CREATE'] ?? '{}').slice(1)
let latencyMs = 0
process.on('message', message => {
  if (typeof message === 'number') latencyMs = message
})
process.channel?.unref()

const answer = async (request: IncomingMessage, response: ServerResponse, text: string): Promise<void> => {
  if (latencyMs > 0) await delay(latencyMs)
  // As where there is no cluster.
  if (request.url !== '/pf-admin-api/v1/oauth/clients' || request.method !== 'POST') {
    response.writeHead(403, { 'content-length': 0 }).end()
    return
  }
  const { clientId, name, description } = JSON.parse(text) as Record<string, unknown>
  const body = `${JSON.stringify({ clientId, name, description }).slice(0, -1)},${template}`
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  response.writeHead(201, headers).end(body)
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
