import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openConnection } from '../http/raw-socket.ts'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { readMetrics, sumOf } from './exposition.ts'

const requests = 'web_session_clients_http_requests_total'

test('every request counts under its method, its route’s template and its status', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  await service.call('GET', '/web-session-clients/pa_wam')
  await service.call('GET', '/web-session-clients/other')
  const metrics = await readMetrics(service)
  const route = '/web-session-clients/:clientId'
  assert.equal(sumOf(metrics, requests, { method: 'POST', route: '/web-session-clients', status: '201' }), 1)
  assert.equal(sumOf(metrics, requests, { method: 'GET', route, status: '200' }), 1)
  assert.equal(sumOf(metrics, requests, { method: 'GET', route, status: '404' }), 1)
  const count = 'web_session_clients_http_request_duration_seconds_count'
  assert.equal(sumOf(metrics, count, { method: 'GET', route }), 2)
  assert.equal(sumOf(metrics, 'web_session_clients_problems_total', { code: 'client_not_found' }), 1)
})

test('whatever strangers send makes no series of its own', async t => {
  const service = await startTestService(t)
  const before = await readMetrics(service)
  const attempt = async (suffix: number) => {
    await service.call('GET', `/nothing/${suffix}`, { as: null })
    await service.call('GET', `/web-session-clients/client-${suffix}?x=${suffix}`, { as: null })
    await service.call('PROPFIND', '/web-session-clients', { as: null })
    await service.call('MKCOL', `/${suffix}`, { as: null })
  }
  await attempt(1)
  const once = (await readMetrics(service)).samples.length
  for (const suffix of [2, 3, 4]) await attempt(suffix)
  const often = await readMetrics(service)
  assert.equal(often.samples.length, once)
  assert.ok(once > before.samples.length)
  assert.equal(sumOf(often, requests, { method: 'other' }), 8)
  assert.equal(sumOf(often, requests, { route: 'none', method: 'GET', status: '404' }), 4)
})

test('what is refused before it is a request counts by its problem', async t => {
  const service = await startTestService(t)
  const connection = openConnection(t, service.url)
  connection.write('hello\r\n\r\n')
  await connection.received
  await service.call('GET', '/%zz', { as: null })
  const metrics = await readMetrics(service)
  assert.equal(sumOf(metrics, 'web_session_clients_problems_total', { code: 'malformed_request' }), 2)
})

test('every problem there is counts from zero, so that its first time is seen', async t => {
  const metrics = await readMetrics(await startTestService(t))
  assert.equal(sumOf(metrics, 'web_session_clients_problems_total', { code: 'pingfederate_tls' }), 0)
})

test('requests in flight are those being worked on, and none when all are answered', async t => {
  const service = await startTestService(t)
  const inFlight = async () =>
    sumOf(await readMetrics(service), 'web_session_clients_http_requests_in_flight')
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: answers },
  })
  const creating = service.call('POST', '/web-session-clients', { body: smallest })
  await struck
  // The question itself is one of them.
  assert.equal(await inFlight(), 2)
  answer()
  await creating
  assert.equal(await inFlight(), 1)
})
