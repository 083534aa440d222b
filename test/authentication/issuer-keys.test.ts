import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { exportJWK, generateSecret } from 'jose'
import { Agent } from 'undici'
import { createIssuerKeys, IssuerUnavailable } from '../../src/authentication/issuer-keys.ts'
import { startTestService } from '../service.ts'
import { signClaims } from './bad-tokens/forge.ts'
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

/** Keys that nobody can use; each bears a name of its own. */
const malformed: Record<string, unknown>[] = [
  { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
  { kty: 'EC', crv: 'P-256' },
  { kty: 'EC', crv: 7, x: 7, y: 7 },
  { kty: 'RSA', n: '', e: 'AQAB' },
  { kty: 'RSA', n: 7, e: 7 },
  { kty: 'RSA' },
  { kty: 'OKP', crv: 'Ed25519', x: 'AA' },
  { kty: 'nonsense' },
  { kty: 7 },
]

test('59: 401 for tokens of a malformed key, and 200 for those of the good one beside it', async t => {
  const { issuer, key, claims, call } = await startProtectedApp(t)
  issuer.jwks.unshift(
    ...(malformed.map((each, index) => ({ ...each, kid: `malformed-${index}` })) as never[]),
  )
  issuer.jwks.push({ ...key.jwk, kid: 'odd', key_ops: 'verify', ext: 'yes' } as never)
  for (const kid of [...malformed.map((_each, index) => `malformed-${index}`), 'odd']) {
    const { statusCode, json } = await call(await sign(key, claims(), { kid }))
    assert.deepEqual([statusCode, json().code], [401, 'invalid_token'], kid)
  }
  assert.equal((await call(await sign(key, claims()))).statusCode, 200)
})

test('59: 200 for tokens of the good key where a malformed one bears the same name', async t => {
  const { issuer, key, claims, call } = await startProtectedApp(t)
  issuer.jwks.unshift({ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: key.kid, alg: key.alg })
  assert.equal((await call(await sign(key, claims()))).statusCode, 200)
})

/** A key as an issuer publishes it, and tokens that it signs. */
const createRsaKey = (kid: string, modulusLength: number) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }
  return { kid, alg: 'RS256', privateKey, jwk }
}

test('401 for an RSA key under 2048 bits (RFC 7518 section 3.3), 200 from 2048 bits on', async t => {
  const { issuer, claims, call } = await startProtectedApp(t)
  const keys = [1024, 2040, 2048, 3072].map(bits => createRsaKey(`rsa-${bits}`, bits))
  issuer.jwks.push(...(keys.map(({ jwk }) => jwk) as never[]))
  const statuses = []
  for (const key of keys) statuses.push((await call(signClaims(claims(), key as never))).statusCode)
  assert.deepEqual(statuses, [401, 401, 200, 200])
})

/** A signature of PKCS #1 v1.5 (RFC 8017 section 9.2) under the exponent 1, for which nobody needs a key. */
const forgeUnderOne = (token: string): string => {
  const input = token.slice(0, token.lastIndexOf('.'))
  const digest = createHash('sha256').update(input).digest()
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest])
  const [begin, padding] = [Buffer.from([0, 1]), Buffer.alloc(256 - 3 - info.length, 255)]
  return `${input}.${Buffer.concat([begin, padding, Buffer.alloc(1), info]).toString('base64url')}`
}

test('401 for an RSA key with the exponent 1, under which everybody can sign', async t => {
  const { issuer, claims, call } = await startProtectedApp(t)
  const key = createRsaKey('one', 2048)
  issuer.jwks.push({ ...key.jwk, e: 'AQ' } as never)
  assert.equal((await call(forgeUnderOne(signClaims(claims(), key as never)))).statusCode, 401)
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
