import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportJWK, generateSecret } from 'jose'
import { Agent } from 'undici'
import { createIssuerKeys, IssuerUnavailable } from '../../src/authentication/issuer-keys.ts'
import { startTestService } from '../service.ts'
import { createKey, sign, startIssuer } from './issuer.ts'
import { startProtectedApp, stopClock } from './protected-app.ts'

test('57: 200 for a new key as soon as the issuer publishes it and half a minute has passed', async t => {
  const { tick } = stopClock(t)
  const { issuer, key, claims, call } = await startProtectedApp(t)
  assert.equal((await call(await sign(key, claims()))).statusCode, 200)
  const second = await createKey('second')
  issuer.jwks.push(second.jwk)
  tick(31_000)
  assert.equal((await call(await sign(second, claims()))).statusCode, 200)
  assert.equal((await call(await sign(key, claims()))).statusCode, 200)
  assert.equal(issuer.requests.jwks, 2)
})

test('57: 401 for a token of a key the issuer has removed, also for one that was accepted before', async t => {
  const { tick } = stopClock(t)
  const { issuer, key, claims, call } = await startProtectedApp(t)
  const token = await sign(key, { ...claims(), exp: Math.floor(Date.now() / 1000) + 3600 })
  assert.equal((await call(token)).statusCode, 200)
  issuer.jwks.splice(0, 1, (await createKey('second')).jwk)
  tick(601_000)
  assert.equal((await call(token)).statusCode, 401)
})

test('58: 401 for a flood of ten thousand unknown keys, with one question to the issuer in each half minute', async t => {
  const { tick } = stopClock(t)
  const { issuer, key, claims, call } = await startProtectedApp(t)
  /** Made of one token, because nobody gets as far as the signature. */
  const flood = async () => {
    const [, ...rest] = (await sign(key, claims())).split('.')
    const withKey = (kid: string) =>
      Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid })).toString('base64url')
    return Promise.all(
      Array.from({ length: 3_400 }, (_, index) => call([withKey(`unknown-${index}`), ...rest].join('.'))),
    )
  }
  await call(await sign(key, claims()))
  assert.equal(issuer.requests.jwks, 1)
  for (const answer of await flood()) assert.equal(answer.statusCode, 401)
  assert.equal(issuer.requests.jwks, 1)
  tick(31_000)
  for (const answer of await flood()) assert.equal(answer.statusCode, 401)
  for (const answer of await flood()) assert.equal(answer.statusCode, 401)
  assert.equal(issuer.requests.jwks, 2)
})

test('56: 200 for known keys while the issuer is down, for four hours and no longer', async t => {
  const { tick } = stopClock(t)
  const { issuer, key, claims, call } = await startProtectedApp(t)
  assert.equal((await call(await sign(key, claims()))).statusCode, 200)
  await issuer.stop()
  for (let hour = 0; hour < 3; hour += 1) {
    tick(3_600_000)
    assert.equal((await call(await sign(key, claims()))).statusCode, 200, `after ${hour + 1} hours`)
  }
  tick(2 * 3_600_000)
  const { statusCode, json, headers } = await call(await sign(key, claims()))
  assert.equal(statusCode, 503)
  assert.equal(json().code, 'issuer_unavailable')
  assert.equal(headers['retry-after'], '5')
})

const html = '<!DOCTYPE html><title>planted</title>'

/** What an issuer may answer in place of its documents. */
const broken: [string, number, string][] = [
  ['404', 404, '{}'],
  ['500', 500, 'planted'],
  ['a page', 200, html],
  ['nothing', 200, ''],
  ['null', 200, 'null'],
  ['a list', 200, '[]'],
  ['no keys', 200, '{"keys":[]}'],
  ['keys that are no list', 200, '{"keys":{}}'],
  ['keys that are no objects', 200, '{"keys":[1,null,"x",[]]}'],
  ['more than a megabyte', 200, `{"keys":[${'1,'.repeat(600_000)}1]}`],
  ['another issuer', 200, '{"issuer":"https://evil.example.com","jwks_uri":"https://evil.example.com/jwks"}'],
]

test('59: 503 for whatever an issuer answers that is no key set or discovery document, and 200 once it is', async t => {
  for (const path of ['discovery', 'jwks'] as const) {
    for (const [what, status, body] of broken) {
      await t.test(`${path}: ${what}`, async t => {
        const { issuer, key, claims, call } = await startProtectedApp(t)
        issuer.answer(path, response => void response.writeHead(status).end(body))
        const token = await sign(key, claims())
        const answer = await call(token)
        assert.equal(answer.statusCode, 503)
        assert.equal(answer.json().code, 'issuer_unavailable')
        assert.ok(!answer.body.includes('planted'))
        issuer.answer(path, undefined)
        assert.equal((await call(token)).statusCode, 200)
      })
    }
  }
})

test('503 when the discovery document sends the service elsewhere, over http or to a file', async t => {
  for (const jwksUri of ['http://evil.example.com/jwks', 'file:///etc/passwd', 'data:,x', '', 7, undefined]) {
    const { issuer, key, claims, call } = await startProtectedApp(t)
    const document = JSON.stringify({ issuer: issuer.url, jwks_uri: jwksUri })
    issuer.answer('discovery', response => void response.end(document))
    const { statusCode } = await call(await sign(key, claims()))
    assert.equal(statusCode, 503, String(jwksUri))
  }
})

test('59: 503 when the set holds only a symmetric or a private key; beside a good one they are left out', async t => {
  const { issuer, key, claims, call } = await startProtectedApp(t)
  const privateJwk = { ...(await exportJWK(key.privateKey)), kid: 'private', alg: 'ES256' }
  const symmetric = {
    ...(await exportJWK(await generateSecret('HS256', { extractable: true }))),
    ...{ kid: 'symmetric', alg: 'HS256' },
  }
  const [good] = issuer.jwks.splice(0, 1, privateJwk, symmetric)
  assert.equal((await call(await sign(key, claims(), { kid: 'private' }))).statusCode, 503)
  if (good) issuer.jwks.push(good)
  assert.equal((await call(await sign(key, claims()))).statusCode, 200)
  assert.equal((await call(await sign(key, claims(), { kid: 'private' }))).statusCode, 401)
})

test('55: 503 while the issuer is down at the start, then 200 without a restart', async t => {
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  issuer.answer('discovery', response => void response.destroy())
  const { call } = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer.url,
    aud: 'https://clients.test',
    sub: 'x',
    exp: now + 300,
    groups: 'payments',
  }
  const token = await sign(key, { ...claims, scp: ['web-session-clients:read'] })
  const failed = await call('GET', '/web-session-clients', { token })
  assert.equal(failed.status, 503)
  assert.equal(failed.body.code, 'issuer_unavailable')
  assert.equal((await call('GET', '/health/ready')).status, 503)
  assert.equal((await call('GET', '/health/live')).status, 200)
  issuer.answer('discovery', undefined)
  assert.equal((await call('GET', '/web-session-clients', { token })).status, 200)
  assert.equal((await call('GET', '/health/ready')).status, 200)
})

test('many callers at once wait for one discovery and one key set', async t => {
  const { issuer, key, claims, call } = await startProtectedApp(t)
  const token = await sign(key, claims())
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(token)))
  assert.ok(answers.every(({ statusCode }) => statusCode === 200))
  assert.deepEqual(issuer.requests, { discovery: 1, jwks: 1 })
})

test('a configured key set works without a discovery document', async t => {
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  issuer.answer('discovery', response => void response.writeHead(404).end())
  const dispatcher = new Agent()
  t.after(() => dispatcher.destroy())
  const options = { issuer: issuer.url, dispatcher, now: Date.now }
  const keys = createIssuerKeys({ ...options, jwksUrl: `${issuer.url}/jwks` })
  const header = { alg: 'ES256', kid: 'first' }
  assert.match(await keys.findKey(header), /^-----BEGIN PUBLIC KEY-----/)
  assert.equal(keys.metadata()?.tokenEndpoint, undefined)
  await assert.rejects(
    createIssuerKeys({ ...options, jwksUrl: undefined }).findKey(header),
    IssuerUnavailable,
  )
})

test('200 for each kind of key the configuration names', async t => {
  const { issuer, claims, call } = await startProtectedApp(t)
  const keys = await Promise.all(
    ['RS256', 'PS256', 'ES256', 'EdDSA'].map(alg => createKey(`key-${alg}`, alg)),
  )
  issuer.jwks.push(...keys.map(({ jwk }) => jwk))
  for (const key of keys) {
    const { statusCode, body } = await call(await sign(key, claims()))
    assert.equal(statusCode, 200, `${key.alg}: ${body}`)
  }
})
