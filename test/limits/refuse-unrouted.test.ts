import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { refuseUnrouted } from '../../src/limits/refuse-unrouted.ts'

const id = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const caller = {
  subject: 'ana',
  clientId: undefined,
  actingParties: [],
  teams: [],
  scopes: new Set<string>(),
}

test('503 overloaded before Fastify to a known caller’s change without a place, counted and with its id; reads, pages, others and known callers with a place pass', async t => {
  const app = Fastify()
  t.after(() => app.close())
  let hasPlace = false
  const counted: unknown[] = []
  refuseUnrouted(app, {
    hasRoom: () => false,
    hasRoomFor: () => hasPlace,
    findCaller: ({ headers }) => (headers.authorization === 'known' ? caller : undefined),
    headers: { 'cache-control': 'no-store' },
    newId: () => id,
    log: app.log,
    requests: { observe: ({ seconds: _, ...request }) => void counted.push(request) },
    countProblem: code => void counted.push(code),
  })
  app.all('/work', async () => 'done')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const send = (method: string, headers: Record<string, string>) => fetch(`${url}/work`, { method, headers })
  const refused = await send('POST', { authorization: 'known' })
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  for (const [name, value] of Object.entries({
    'retry-after': '1',
    'x-request-id': id,
    'cache-control': 'no-store',
  }))
    assert.equal(refused.headers.get(name), value)
  const { code, instance } = (await refused.json()) as Record<string, unknown>
  assert.deepEqual([code, instance], ['overloaded', `urn:uuid:${id}`])
  assert.deepEqual(counted, [{ method: 'POST', route: 'none', status: 503 }, 'overloaded'])
  assert.equal((await send('GET', { authorization: 'known' })).status, 200)
  assert.equal((await send('POST', { authorization: 'known', origin: 'https://a.test' })).status, 200)
  assert.equal((await send('POST', { authorization: 'other' })).status, 200)
  hasPlace = true
  assert.equal((await send('POST', { authorization: 'known' })).status, 200)
})
