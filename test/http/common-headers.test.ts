import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toCommonHeaders } from '../../src/http/common-headers.ts'
import { startTestService } from '../service.ts'
import { openConnection, parseAnswer } from './raw-socket.ts'

const pairs = Object.entries(toCommonHeaders({ config: { publicUrl: undefined } }))

const promised = {
  'cache-control': /^no-store$/,
  'content-security-policy': /^default-src 'none';.*frame-ancestors 'none'$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /geolocation=\(\)/,
  'referrer-policy': /^no-referrer$/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'x-permitted-cross-domain-policies': /^none$/,
}

test('the header fields of every answer are those named here', () => {
  assert.deepEqual(
    pairs.map(([name]) => name),
    Object.keys(promised),
  )
  for (const [name, value] of pairs) assert.match(value, promised[name as keyof typeof promised])
})

const answers: [string, string, string, number, object?][] = [
  ['success', 'GET', '/web-session-clients', 200],
  ['health', 'GET', '/health/live', 200],
  ['the API document', 'GET', '/openapi.json', 200],
  ['no token', 'GET', '/web-session-clients', 401, { as: null }],
  ['no such address', 'GET', '/nothing', 404],
  ['no such method', 'PUT', '/web-session-clients', 405, { body: {} }],
  ['OPTIONS', 'OPTIONS', '/web-session-clients', 204],
  ['an address that cannot be read', 'GET', '/%zz', 400],
  ['an id that is too long', 'GET', `/web-session-clients/${'x'.repeat(300)}`, 414],
  ['a body over the limit', 'POST', '/web-session-clients', 413, { body: ' '.repeat(70_000) }],
  [
    'a body that is not JSON',
    'POST',
    '/web-session-clients',
    415,
    { headers: { 'content-type': 'text/xml' }, body: '<a/>' },
  ],
]

test('every answer has all of them, whoever refuses, and tells nothing of what serves it', async t => {
  const { call, url } = await startTestService(t)
  for (const [what, method, path, expected, options] of answers) {
    await t.test(`${expected} ${what}`, async () => {
      const { status, headers } = await call(method, path, options)
      assert.equal(status, expected)
      for (const [name, value] of pairs) assert.equal(headers.get(name), value, name)
      assert.match(String(headers.get('x-request-id')), /^[0-9a-f-]{36}$/)
      for (const name of ['server', 'x-powered-by', 'via', 'strict-transport-security'])
        assert.equal(headers.get(name), null, name)
    })
  }
  await t.test('400 what is no HTTP', async () => {
    const connection = openConnection(t, url)
    connection.write('hello\r\n\r\n')
    const { headers } = parseAnswer(await connection.received)
    for (const [name, value] of pairs) assert.equal(headers.get(name), value, name)
  })
})

/** The page, a file of it, and where the issuer sends a person back to. */
const pages = [
  '/documentation',
  '/documentation/static/swagger-ui.css',
  '/documentation/static/oauth2-redirect.html',
]

test('200: Swagger UI differs only in what it needs: its policy, and knowing its own pop-up', async t => {
  const { call } = await startTestService(t, { env: { PUBLIC_URL: 'https://clients.example.com' } })
  const openers = []
  for (const page of pages) {
    const { status, headers } = await call('GET', page, { as: null })
    assert.equal(status, 200)
    const differing = pairs.filter(([name, value]) => headers.get(name) !== value).map(([name]) => name)
    // The files of the page are the same for everybody, and a browser asks whether it still has the latest.
    const kept = page.includes('/static/') ? ['cache-control'] : []
    assert.deepEqual(differing, [...kept, 'content-security-policy', 'cross-origin-opener-policy'], page)
    assert.match(
      String(headers.get('content-security-policy')),
      /^default-src 'none';.*frame-ancestors 'none'$/,
    )
    openers.push(headers.get('cross-origin-opener-policy'))
  }
  assert.deepEqual(openers, ['same-origin-allow-popups', 'same-origin-allow-popups', 'unsafe-none'])
})

test('Strict-Transport-Security is sent where callers come by TLS, and nowhere else', async t => {
  const sent = async (publicUrl: string) => {
    const { call } = await startTestService(t, { env: { PUBLIC_URL: publicUrl } })
    return (await call('GET', '/health/live', { as: null })).headers.get('strict-transport-security')
  }
  assert.equal(await sent('https://clients.example.com'), 'max-age=31536000')
  assert.equal(await sent('http://clients.example.com'), null)
})
