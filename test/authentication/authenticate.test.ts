import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import Fastify from 'fastify'
import { authenticate } from '../../src/authentication/authenticate.ts'
import { startTestService } from '../service.ts'
import { sign } from './issuer.ts'
import { type ProtectedApp, startProtectedApp, stopClock, unlimited } from './protected-app.ts'

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
    ...['Basic YTpi', 'Token x', 'Bearerx', 'DPoP x', ''].map(callWith),
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

test('a protected route that names no scope stops the start', async t => {
  const { keys } = await startProtectedApp(t)
  const app = Fastify()
  await authenticate(app as never, {
    ...{
      issuer: 'https://a.test',
      audience: 'b',
      algorithms: ['ES256'],
      types: ['JWT'],
      teamsClaim: 'groups',
    },
    keys,
    limits: unlimited,
    now: Date.now,
  })
  assert.throws(() => app.get('/open', async () => 'x'), /names no scope/)
})
