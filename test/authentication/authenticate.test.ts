import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import Fastify from 'fastify'
import { authenticate } from '../../src/authentication/authenticate.ts'
import { createVerifiedTokens } from '../../src/authentication/verified-tokens.ts'
import { startTestService } from '../service.ts'
import { createKey, sign, startIssuer } from './issuer.ts'
import { audience, type ProtectedApp, startProtectedApp, stopClock, unlimited } from './protected-app.ts'

const challenge = 'Bearer realm="web-session-clients"'

/** The challenge and code of a refused token (RFC 6750 section 3). */
const assertRefused = ({ statusCode, headers, json }: Awaited<ReturnType<ProtectedApp['call']>>) => {
  const body = json()
  assert.equal(statusCode, 401, JSON.stringify(body))
  assert.equal(body.code, 'invalid_token')
  const value = String(headers['www-authenticate'])
  assert.match(
    value,
    /^Bearer realm="web-session-clients", error="invalid_token", error_description="[^"\\]+"$/,
  )
  assert.match(String(headers['content-type']), /^application\/problem\+json/)
}

test('401 once a token that was accepted expires', async t => {
  const { tick } = stopClock(t)
  const { key, claims, call } = await startProtectedApp(t)
  const token = await sign(key, claims())
  assert.equal((await call(token)).statusCode, 200)
  tick(329_000)
  assert.equal((await call(token)).statusCode, 200)
  tick(2_000)
  assertRefused(await call(token))
})

test('401 without error code for a request without a bearer token', async t => {
  const { app, callWith } = await startProtectedApp(t)
  const answers = [
    app.inject({ url: '/' }),
    ...['Basic YTpi', 'Token x', 'Bearerx', 'DPoP x', ''].map(value => callWith(value)),
  ]
  for (const { statusCode, headers, json } of await Promise.all(answers)) {
    assert.equal(statusCode, 401)
    assert.equal(headers['www-authenticate'], challenge)
    assert.equal(json().code, 'unauthenticated')
  }
})

test('401 for a header field that is not one token after the scheme, whose case does not matter', async t => {
  const { key, claims, callWith } = await startProtectedApp(t)
  const token = await sign(key, claims())
  for (const value of ['Bearer', 'Bearer ', `Bearer  ${token}`, 'Bearer ünïcode']) {
    assertRefused(await callWith(value))
  }
  assert.equal((await callWith(`bearer ${token}`)).statusCode, 200)
})

test('401 for a good token anywhere but in the Authorization header', async t => {
  const { app, key, claims } = await startProtectedApp(t)
  const token = await sign(key, claims())
  const headers = [
    { cookie: `token=${token}` },
    { 'x-access-token': token },
    { 'proxy-authorization': token },
  ]
  const answers = [
    app.inject({ url: '/', query: { access_token: token } }),
    ...headers.map(each => app.inject({ url: '/', headers: each })),
  ]
  for (const { statusCode, json } of await Promise.all(answers)) {
    assert.deepEqual([statusCode, json().code], [401, 'unauthenticated'])
  }
})

test('401 for two Authorization headers, whichever comes first', async t => {
  const { url, sandbox } = await startTestService(t)
  const [mine, theirs] = await Promise.all([
    sandbox.accessToken({ service: 'payments-pipeline' }),
    sandbox.accessToken({ service: 'shop-pipeline' }),
  ])
  const headers = ['host', 'x', 'authorization', `Bearer ${mine}`, 'authorization', `Bearer ${theirs}`]
  const status = await new Promise((resolve, reject) => {
    httpRequest(`${url}/web-session-clients`, { headers }, response => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(status, 401)
})

test('403 names the missing scope; a scope that only begins alike does not count', async t => {
  const { key, claims, call } = await startProtectedApp(t)
  for (const scope of [
    undefined,
    '',
    'web-session-clients',
    'web-session-clients:readx',
    'WEB-SESSION-CLIENTS:READ',
  ]) {
    const { statusCode, headers, json } = await call(await sign(key, { ...claims(), scope }))
    assert.equal(statusCode, 403)
    assert.equal(json().code, 'insufficient_scope')
    assert.equal(
      headers['www-authenticate'],
      `${challenge}, error="insufficient_scope", scope="web-session-clients:read"`,
    )
  }
})

test('200 without any scope where the route says that any will do, 401 there without a good token', async t => {
  const { app, key, claims, call } = await startProtectedApp(t)
  for (const scope of [undefined, '', 'openid', 'any'])
    assert.equal((await call(await sign(key, { ...claims(), scope }), '/any')).statusCode, 200)
  assert.equal((await call(await sign(key, { ...claims(), scope: 'any' }))).statusCode, 403)
  assert.equal((await app.inject({ url: '/any' })).statusCode, 401)
  const forged = await sign(await createKey('first'), claims())
  assert.equal((await call(forged, '/any')).json().code, 'invalid_token')
})

test('a protected route that names no scope stops the start', async t => {
  const { keys } = await startProtectedApp(t)
  const app = Fastify()
  await authenticate(app as never, {
    ...{
      issuer: 'https://a.test',
      audience: 'b',
      algorithms: ['ES256'],
      types: ['JWT'],
      subjectClaims: ['sub'],
      scopeClaims: ['scope', 'scp'],
      teamsClaim: 'groups',
    },
    keys,
    limits: unlimited,
    verified: createVerifiedTokens({ now: Date.now }),
    now: Date.now,
  })
  assert.throws(() => app.get('/open', async () => 'x'), /names no scope/)
})

/** Set-up mistakes, and what the log has to say of each. */
const mistakes: [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['an alias of the issuer', { iss: 'https://alias.test' }, { claim: 'iss', expected: 'issuer' }],
  ['an audience of another service', { aud: 'https://other.test' }, { claim: 'aud', expected: audience }],
  ['no sub', { sub: undefined }, { claim: 'sub', expected: 'who calls' }],
]

test('401 whose log line names the claim that failed and the expected value, never the token', async t => {
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  const { call, logLines } = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const now = Math.floor(Date.now() / 1000)
  const good = { iss: issuer.url, aud: audience, sub: 'caller', exp: now + 300 }
  for (const [what, change, { claim, expected }] of mistakes) {
    const token = await sign(key, { ...good, ...change })
    const { status, headers, body } = await call('GET', '/web-session-clients', { token })
    assert.equal(status, 401, what)
    const request = headers.get('x-request-id')
    const line = logLines.map(each => JSON.parse(each)).find(each => each.reqId === request && each.reason)
    assert.equal(line.msg, 'access token refused')
    assert.deepEqual(
      [line.reason, line.claim, line.expected],
      [body.detail, claim, expected === 'issuer' ? issuer.url : expected],
    )
    assert.ok(body.detail.includes(String(claim)))
    for (const part of token.split('.')) assert.ok(!logLines.join('').includes(part), what)
  }
})

test('401 whose log line says so when no key of the issuer fits the token', async t => {
  const issuer = await startIssuer(t, [await createKey('first')])
  const { call, logLines } = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const token = await sign(await createKey('another'), { iss: issuer.url })
  assert.equal((await call('GET', '/web-session-clients', { token })).status, 401)
  assert.ok(logLines.some(line => line.includes('No key that the issuer publishes fits the token')))
})
