import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import type { TestService } from '../service.ts'
import { clientIds, recordCalls, smallest } from '../web-session-clients/requests.ts'
import { share, startFullShare } from './full-share.ts'

const origin = 'https://portal.example'

/** Requests under way, this question apart. A caller has its answer a little before the service counts it as answered. */
const readInFlight = async (service: TestService, expected: number): Promise<number> => {
  for (let reads = 1; ; reads += 1) {
    const inFlight = sumOf(await readMetrics(service), 'web_session_clients_http_requests_in_flight') ?? 0
    if (inFlight - 1 === expected || reads === 200) return inFlight - 1
  }
}

/** Changes refused before they were routed. */
const readUnrouted = async (service: TestService): Promise<number> =>
  sumOf(await readMetrics(service), 'web_session_clients_http_requests_total', {
    route: 'none',
    status: '503',
  }) ?? 0

/** What an answer says, without what is of this one request or of browsers. */
const toWords = async (answer: Response) => {
  const { instance, ...words } = (await answer.json()) as Record<string, unknown>
  assert.match(String(instance), /^urn:uuid:/)
  const names = ['content-type', 'retry-after', 'cache-control', 'x-content-type-options']
  return { status: answer.status, words, fields: names.map(name => answer.headers.get(name)) }
}

test('503 overloaded before anything is made for a team that has all of its places, in the same words before and after routing; its reads, other teams, liveness and metrics are answered; every place is given back', async t => {
  const { service, send, release } = await startFullShare(t, { CORS_ORIGINS: origin })
  const calls = recordCalls(service.sandbox)
  const clients = clientIds(service.sandbox)
  const body = { ...smallest, clientId: 'surplus' }
  const unrouted = await toWords(await send('POST', '/web-session-clients', body))
  const { status, words, fields } = unrouted
  assert.deepEqual([status, words['code'], fields[1]], [503, 'overloaded', '1'])
  assert.equal(await readUnrouted(service), 1)
  // A page has to be let read its answer, which takes the way of every other request.
  assert.deepEqual(await toWords(await send('POST', '/web-session-clients', body, { origin })), unrouted)
  assert.equal(await readUnrouted(service), 1)
  for (const [method, path] of [
    ['PUT', '/web-session-clients/surplus'],
    ['PATCH', '/web-session-clients/pa_wam'],
    ['DELETE', '/web-session-clients/pa_wam'],
  ] as const)
    assert.equal((await send(method, path, {})).status, 503)
  assert.deepEqual([calls, clientIds(service.sandbox)], [[], clients])
  assert.equal(readRows(service.databasePath, 'select operation_id from operation').length, clients.length)
  assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 200)
  const shop = { as: 'shop-pipeline', body: { ...smallest, clientId: 'shop' } } as const
  assert.equal((await service.call('POST', '/web-session-clients', shop)).status, 201)
  assert.equal((await service.call('GET', '/web-session-clients', { as: 'shop-pipeline' })).status, 200)
  assert.equal((await service.call('GET', '/health/live', { as: null })).status, 200)
  assert.equal(await readInFlight(service, share), share)
  const statuses = Object.groupBy(await release(), status => status)
  assert.deepEqual([statuses[200]?.length, statuses[410]?.length], [1, share - 1])
  assert.equal(await readInFlight(service, 0), 0)
  assert.equal((await send('POST', '/web-session-clients', body)).status, 201)
})
