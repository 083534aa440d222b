import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listRoutes } from '../openapi/routes.ts'
import { createRetrieval, readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

const portal = 'https://portal.example.com'
const env = { CORS_ORIGINS: `${portal}, http://localhost:8080` }

/** Near the origins on the list, and none of them. */
const foreign = [
  'null',
  'https://evil.example',
  'http://portal.example.com',
  'https://portal.example.com:8443',
  'https://portal.example.com.evil.example',
  'https://evil-portal.example.com',
  'https://a.portal.example.com',
  'https://Portal.example.com',
  'https://portal.example.com/',
  `${portal}, https://evil.example`,
  'http://localhost:8081',
  '*',
  '',
]

const corsFields = ({ headers }: Answer): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))

const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }
const routes = await listRoutes()

test('every route lets a page of an origin on the list read the answer, whatever it is, and no other page', async t => {
  const { call } = await startTestService(t, { env })
  for (const { method, path, at } of routes) {
    await t.test(`${method} ${path}`, async () => {
      for (const as of [null, 'payments-pipeline'] as const) {
        const own = await call(method, at(), { as, headers: { origin: portal } })
        assert.equal(own.headers.get('access-control-allow-origin'), portal)
        assert.equal(own.headers.get('vary'), 'Origin')
        assert.equal(own.headers.get('access-control-allow-credentials'), null)
        for (const origin of foreign) {
          const other = await call(method, at(), { as, headers: { origin } })
          assert.deepEqual(corsFields(other), {}, origin)
          assert.equal(other.headers.get('vary'), 'Origin', origin)
          assert.deepEqual([other.status, other.body.code], [own.status, own.body.code], origin)
        }
        const none = await call(method, at(), { as })
        assert.deepEqual([corsFields(none), none.headers.get('vary')], [{}, 'Origin'])
      }
    })
  }
})

test('204: a preflight on every route is answered without a token, and what a page may send and read is named', async t => {
  const { call } = await startTestService(t, { env })
  for (const { method, at } of routes) {
    const headers = { ...asked, 'access-control-request-method': method, origin: portal }
    const answer = await call('OPTIONS', at(), { as: null, headers })
    assert.deepEqual([answer.status, answer.body], [204, ''])
    assert.deepEqual(corsFields(answer), {
      'access-control-allow-origin': portal,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers':
        'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer',
      'access-control-max-age': '600',
      'access-control-expose-headers':
        'Location, ETag, Idempotent-Replayed, Preference-Applied, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, WWW-Authenticate, X-Request-Id',
    })
  }
})

test('a preflight of any other origin is told nothing, as is every page where no origin is configured', async t => {
  const open = await startTestService(t, { env })
  const closed = await startTestService(t)
  for (const [{ call }, origins] of [[open, foreign] as const, [closed, [portal, ...foreign]] as const]) {
    for (const origin of origins) {
      const answer = await call('OPTIONS', '/web-session-clients', {
        as: null,
        headers: { ...asked, origin },
      })
      assert.deepEqual([answer.status, corsFields(answer)], [204, {}], origin)
    }
  }
  const answer = await closed.call('POST', '/web-session-clients', {
    body: smallest,
    headers: { origin: portal },
  })
  assert.deepEqual([answer.status, corsFields(answer), answer.headers.get('vary')], [201, {}, null])
})

test('a page may also read why its address was refused', async t => {
  const { call } = await startTestService(t, { env })
  for (const [path, code] of [
    ['/%zz', 'malformed_request'],
    [`/web-session-clients/${'x'.repeat(300)}`, 'uri_too_long'],
    ['/nothing', 'route_not_found'],
  ] as const) {
    const { body, headers } = await call('GET', path, { headers: { origin: portal } })
    assert.deepEqual([body.code, headers.get('access-control-allow-origin')], [code, portal])
    assert.equal(headers.get('vary'), 'Origin')
  }
})

test('a preflight of a redemption consumes nothing', async t => {
  const service = await startTestService(t, { env })
  const token = await createRetrieval(service)
  const rows = () => JSON.stringify(readRows(service.databasePath, 'select * from retrieval'))
  const before = rows()
  const headers = { ...asked, origin: portal }
  const preflight = await service.call('OPTIONS', '/secret-retrievals', { headers, body: { token } })
  assert.equal(preflight.status, 204)
  assert.equal(rows(), before)
  assert.equal((await redeem(service, token, { headers: { origin: portal } })).status, 200)
})
