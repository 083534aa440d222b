import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openConnection, parseAnswer } from '../http/raw-socket.ts'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

/** A request that the service has begun to read, so that stopping does not take its connection for an idle one. */
const beginRequest = async (t: Parameters<typeof openConnection>[0], url: string, path: string) => {
  const connection = openConnection(t, url)
  await connection.connected
  connection.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n`)
  return { finish: () => connection.write('\r\n'), received: connection.received }
}

test('201 for a request in flight, 503 for a new one, and a live process, while the service stops', async t => {
  const service = await startTestService(t)
  const answering = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: answering.promise },
  })
  const [live, late] = await Promise.all([
    beginRequest(t, service.url, '/health/live'),
    beginRequest(t, service.url, '/openapi.json'),
  ])
  const inFlight = service.call('POST', '/web-session-clients', { body: smallest })
  await struck
  // Answered on a connection of its own, so that the service has read what came before it.
  await service.call('GET', '/health/live')
  const stopped = service.stop()
  live.finish()
  late.finish()
  const alive = parseAnswer(await live.received)
  assert.equal(alive.status, 200)
  assert.equal(alive.headers.get('connection'), 'close')
  const refused = parseAnswer(await late.received)
  assert.equal(refused.status, 503)
  assert.equal(refused.body['code'], 'shutting_down')
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal(refused.headers.get('connection'), 'close')
  answering.resolve()
  const { status, headers } = await inFlight
  assert.equal(status, 201)
  assert.equal(headers.get('connection'), 'close')
  await stopped
  await assert.rejects(service.call('GET', '/health/live'))
})

test('a connection kept alive does not hold up the stop', async t => {
  const service = await startTestService(t)
  const connection = openConnection(t, service.url)
  connection.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n')
  await connection.answered
  await service.stop()
  assert.match(await connection.received, /^HTTP\/1\.1 200 /)
})

test('stopping twice is stopping once', async t => {
  const service = await startTestService(t)
  await Promise.all([service.stop(), service.stop()])
})
