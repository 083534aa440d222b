import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import Fastify from 'fastify'
import { CompactSign, exportSPKI, importJWK } from 'jose'
import { authenticate } from '../../src/http/authenticate.ts'
import { startTestService } from '../service.ts'
import { createKey, sign } from './issuer.ts'
import { type ProtectedApp, startProtectedApp, stopClock } from './protected-app.ts'

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

/** Changes to good claims that make a token refusable; `now` in seconds. */
const badClaims = (now: number): [string, Record<string, unknown>][] => [
  ['no iss', { iss: undefined }],
  ['another iss', { iss: 'https://evil.example.com' }],
  ['iss as a list', { iss: ['https://evil.example.com'] }],
  ['no aud', { aud: undefined }],
  ['another aud', { aud: 'https://clients.test/' }],
  ['a list of other auds', { aud: ['https://a.test', 'https://b.test'] }],
  ['an empty aud', { aud: [] }],
  ['no exp', { exp: undefined }],
  ['exp as text', { exp: String(now + 300) }],
  ['exp null', { exp: null }],
  ['expired beyond the tolerance', { exp: now - 31 }],
  ['expired long ago', { exp: 1 }],
  ['exp in more than a day', { exp: now + 24 * 3600 + 1 }],
  ['exp in the year 9999', { exp: 253_402_300_799 }],
  ['no sub', { sub: undefined }],
  ['an empty sub', { sub: '' }],
  ['a giant sub', { sub: 'x'.repeat(257) }],
  ['sub as a number', { sub: 7 }],
  ['not valid yet', { nbf: now + 31 }],
  ['nbf as text', { nbf: 'tomorrow' }],
  ['issued in the future', { iat: now + 31 }],
  ['iat as text', { iat: 'now' }],
  ['an id token’s nonce', { nonce: 'x' }],
  ['an id token’s at_hash', { at_hash: 'x' }],
  ['an id token’s c_hash', { c_hash: 'x' }],
  ['a logout token’s events', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
]

test('401 for claims that are missing, wrong or not those of an access token', async t => {
  const { nowSeconds } = stopClock(t)
  const { key, claims, call } = await startProtectedApp(t)
  for (const [what, change] of badClaims(nowSeconds())) {
    await t.test(what, async () => assertRefused(await call(await sign(key, { ...claims(), ...change }))))
  }
})

test('200 for claims at the edge of what is accepted', async t => {
  const { nowSeconds } = stopClock(t)
  const { key, claims, call } = await startProtectedApp(t)
  const now = nowSeconds()
  const changes: [string, Record<string, unknown>][] = [
    ['one of several auds', { aud: ['https://a.test', 'https://clients.test'] }],
    ['expired within the tolerance', { exp: now - 29 }],
    ['exp in just a day', { exp: now + 24 * 3600 }],
    ['nbf within the tolerance', { nbf: now + 29 }],
    ['iat within the tolerance', { iat: now + 30 }],
    ['no iat', { iat: undefined }],
    ['a long sub', { sub: 'x'.repeat(256) }],
  ]
  for (const [what, change] of changes) {
    await t.test(what, async () => {
      const { statusCode, body } = await call(await sign(key, { ...claims(), ...change }))
      assert.equal(statusCode, 200, body)
    })
  }
})

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

test('401 for token types other than an access token’s; 200 for those the configuration names', async t => {
  const { key, claims, call } = await startProtectedApp(t)
  for (const typ of [
    'logout+jwt',
    'dpop+jwt',
    'id+jwt',
    'JOSE',
    'at+jwt2',
    'application/logout+jwt',
    7,
    ['JWT'],
  ]) {
    assertRefused(await call(await sign(key, claims(), { typ })))
  }
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', undefined]) {
    assert.equal((await call(await sign(key, claims(), { typ }))).statusCode, 200, String(typ))
  }
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes by another last character: 64 bytes leave four bits of it over. */
const respell = (token: string): string =>
  token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1]

/** Tokens whose signature proves nothing. */
const forgeries = async ({ key, claims }: ProtectedApp): Promise<[string, string][]> => {
  const good = await sign(key, claims())
  const [header = '', payload = '', signature = ''] = good.split('.')
  const admin = encode({ ...claims(), sub: 'admin' })
  const stranger = await createKey('first')
  const pem = await exportSPKI((await importJWK(key.jwk, 'ES256')) as never)
  const hs256 = `${encode({ alg: 'HS256', kid: 'first', typ: 'at+jwt' })}.${payload}`
  const mac = (secret: string) => `${hs256}.${createHmac('sha256', secret).update(hs256).digest('base64url')}`
  const unsigned = (alg: string) => `${encode({ alg, typ: 'at+jwt' })}.${payload}.`
  return [
    ['alg none', unsigned('none')],
    ['alg None', unsigned('None')],
    ['alg none with a signature', `${encode({ alg: 'none', kid: 'first' })}.${payload}.${signature}`],
    ['no signature', `${header}.${payload}.`],
    ['an HMAC with the public key’s PEM', mac(pem)],
    ['an HMAC with the public key’s JWK', mac(JSON.stringify(key.jwk))],
    ['an HMAC with nothing', mac('')],
    ['changed claims', `${header}.${admin}.${signature}`],
    ['another header', `${encode({ alg: 'ES256', kid: 'first' })}.${payload}.${signature}`],
    ['a cut signature', good.slice(0, -2)],
    ['a signature of zeros', `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    ['a stranger’s key under our kid', await sign(stranger, claims())],
    ['a stranger’s key in its header', await sign(stranger, claims(), { jwk: stranger.jwk })],
    ['a stranger’s key at an address', await sign(stranger, claims(), { jku: 'http://127.0.0.1:1/jwks' })],
    ['an unknown kid', await sign(key, claims(), { kid: 'unknown' })],
    ['a kid that climbs', await sign(key, claims(), { kid: '../../etc/passwd' })],
    ['an algorithm that is not allowed', await sign(await createKey('first', 'RS512'), claims())],
    ['the algorithm of another key type', await sign(await createKey('first', 'RS256'), claims())],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${good}.${signature}`],
    ['five parts', `${good}.${signature}.${signature}`],
    ['claims that are no JSON', `${header}.${Buffer.from('{').toString('base64url')}.${signature}`],
    ['claims that are a list', `${header}.${encode([])}.${signature}`],
    ['a header that is null', `${encode(null)}.${payload}.${signature}`],
    ['a header that is a text', `${encode('x')}.${payload}.${signature}`],
    ['nothing but dots', '..'],
    ['one word', 'token'],
    ['the same signature in another spelling', respell(good)],
    ['a padded signature', `${good}==`],
    ['characters of no token', `${good}/`],
  ]
}

test('401 for every token whose signature does not prove the issuer', async t => {
  const app = await startProtectedApp(t)
  for (const [what, token] of await forgeries(app)) {
    await t.test(what, async () => assertRefused(await app.call(token)))
  }
})

test('401 for critical header parameters nobody here understands', async t => {
  const { key, claims, call } = await startProtectedApp(t)
  const [, payload, signature] = (await sign(key, claims())).split('.')
  const header = encode({ alg: 'ES256', kid: 'first', typ: 'at+jwt', crit: ['x'], x: 1 })
  assertRefused(await call(`${header}.${payload}.${signature}`))
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

test('401 for a header that is not one well-formed bearer token, without repeating it', async t => {
  const { key, claims, callWith, call } = await startProtectedApp(t)
  const token = await sign(key, claims())
  const values = [
    'Bearer',
    'Bearer ',
    `Bearer  ${token}`,
    `Bearer ${token} ${token}`,
    `Bearer ${token}, Bearer ${token}`,
  ]
  for (const value of [...values, `Bearer "${token}"`, 'Bearer ünïcode']) {
    const answer = await callWith(value)
    assertRefused(answer)
    assert.ok(!answer.body.includes(token.slice(0, 20)))
  }
  assertRefused(await call(await sign(key, { ...claims(), padding: 'x'.repeat(9_000) })))
  assert.equal((await callWith(`bearer ${token}`)).statusCode, 200)
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

test('401 for claims that are signed but no object', async t => {
  const { key, call } = await startProtectedApp(t)
  for (const text of ['[]', 'null', '"text"', 'text', '']) {
    const signer = new CompactSign(Buffer.from(text))
    const token = await signer.setProtectedHeader({ alg: 'ES256', kid: 'first' }).sign(key.privateKey)
    assertRefused(await call(token))
  }
})

test('200 without teams for a prototype that brings some along', async t => {
  const { key, claims, call } = await startProtectedApp(t)
  const { groups, ...rest } = claims()
  const text = JSON.stringify(rest).replace('{', '{"__proto__":{"groups":["shop"]},')
  const signer = new CompactSign(Buffer.from(text))
  const token = await signer.setProtectedHeader({ alg: 'ES256', kid: 'first' }).sign(key.privateKey)
  const { statusCode, json } = await call(token)
  assert.equal(statusCode, 200)
  assert.deepEqual(json().teams, [])
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
    now: Date.now,
  })
  assert.throws(() => app.get('/open', async () => 'x'), /names no scope/)
})
