import assert from 'node:assert/strict'
import { hkdfSync, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Fault } from '../src/sandbox/pingfederate/faults.ts'
import { createToken } from '../src/secret-retrievals/token.ts'
import { findPlanted, type Planted } from './secrets.ts'
import { type Answer, startTestService, type TestService } from './service.ts'
import { fullest, smallest } from './web-session-clients/requests.ts'

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

const secretKey = randomBytes(32)
const idempotencyKey = `idempotency-${randomBytes(24).toString('hex')}`

/** Random bytes that can be told beforehand: those of the n-th create. */
const createBytes = () => {
  const seed = randomBytes(32)
  const bytesOf = (n: number) => Buffer.from(hkdfSync('sha256', seed, '', String(n), 76))
  let count = 0
  return {
    randomBytes: () => bytesOf(++count),
    secretOf: (n: number) => bytesOf(n).subarray(0, 32),
    tokenOf: (now: number, n: number) => createToken(now, bytesOf(n).subarray(32, 64)),
    count: () => count,
  }
}

/** An answer without the one field that is there to carry a secret. */
const withoutMeant = ({ status, body }: Answer, path: string): unknown => {
  if (status === 201) return { ...body, retrieval: { ...body.retrieval, token: 'meant' } }
  return status === 200 && path === '/secret-retrievals' ? { ...body, clientSecret: 'meant' } : body
}

/** A service, everything it says, and everything it must keep to itself. */
const watch = async (t: TestContext) => {
  const now = Date.now()
  const bytes = createBytes()
  const service = await startTestService(t, {
    env: { SECRET_KEY: secretKey.toString('base64url'), LOG_LEVEL: 'trace', PINGFEDERATE_TIMEOUT_MS: '300' },
    world: { now: () => now, randomBytes: bytes.randomBytes },
  })
  const callers = ['payments-pipeline', 'shop-pipeline'] as const
  const tokens = await Promise.all(callers.map(each => service.sandbox.accessToken({ service: each })))
  const [own = '', foreign = ''] = tokens
  const said: string[] = []
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const headers = { 'idempotency-key': idempotencyKey, ...options.headers }
    const answer = await service.call(method, path, { token: own, ...options, headers })
    said.push(JSON.stringify([answer.status, [...answer.headers], withoutMeant(answer, path)]))
    return answer
  }
  const numbers = () => Array.from({ length: bytes.count() }, (_, index) => index + 1)
  const planted = (): Planted[] => [
    { name: 'PingFederate password', value: service.sandbox.adminPassword },
    { name: 'server key', value: secretKey.toString('base64url') },
    { name: 'server key in hex', value: secretKey.toString('hex') },
    { name: 'idempotency key', value: idempotencyKey },
    ...tokens.map((value, index) => ({ name: `access token ${index}`, value })),
    ...numbers().flatMap(n => [
      { name: `client secret ${n}`, value: bytes.secretOf(n).toString('base64url') },
      { name: `client secret ${n} in hex`, value: bytes.secretOf(n).toString('hex') },
      { name: `retrieval token ${n}`, value: bytes.tokenOf(now, n) },
    ]),
  ]
  const nextSecret = () => bytes.secretOf(bytes.count() + 1).toString('base64url')
  return { service, call, said, planted, nextSecret, own, foreign }
}

type Watched = Awaited<ReturnType<typeof watch>>

/** Fails for everything planted that stands in the log, an answer or a database file. */
const assertNothingLeaked = ({ service, said, planted }: Watched): void => {
  for (const line of service.logLines) assert.deepEqual(findPlanted(planted(), line), [], line)
  for (const answer of said) assert.deepEqual(findPlanted(planted(), answer), [], answer)
  const folder = dirname(service.databasePath)
  const files = readdirSync(folder)
  assert.ok(files.includes('data.db') && files.includes('data.db-wal'))
  for (const file of files)
    assert.deepEqual(findPlanted(planted(), readFileSync(join(folder, file))), [], file)
  assert.ok(service.logLines.length > 0 && said.length > 0)
}

test('nothing leaks where everything goes well', async t => {
  const watched = await watch(t)
  const { call, foreign } = watched
  const { body } = await call('POST', '/web-session-clients', { body: smallest })
  await call('POST', '/web-session-clients', { body: fullest })
  const { token } = body.retrieval
  await call('GET', '/web-session-clients')
  await call('GET', '/web-session-clients/pa_wam')
  await call('POST', '/secret-retrievals/lookup', { body: { token } })
  await call('POST', '/secret-retrievals', { body: { token }, token: foreign })
  assertNothingLeaked(watched)
  const redeemed = await call('POST', '/secret-retrievals', { body: { token } })
  assert.equal(redeemed.status, 200)
  await call('POST', '/secret-retrievals', { body: { token } })
  await call('POST', '/secret-retrievals/lookup', { body: { token } })
  await call('GET', '/web-session-clients/pa_wam')
  for (const path of ['/health/live', '/health/ready', '/openapi.json']) await call('GET', path)
  assertNothingLeaked(watched)
})

/** Requests with a token where none belongs. */
const misplaced = (token: string): [string, string, CallOptions?][] => {
  const create = (body: unknown): [string, string, CallOptions] => ['POST', '/web-session-clients', { body }]
  return [
    ...['team', 'logout', 'scopes', 'pingAccessUrls'].map(name => create({ ...smallest, [name]: token })),
    create({ ...smallest, pingAccessUrls: [token] }),
    create({ ...smallest, pingAccessUrls: [`https://${token}`] }),
    create({ ...smallest, pingAccessUrls: [`https://a.example.com?token=${token}`] }),
    create({ ...smallest, pingAccessUrls: [`https://a.example.com/%41${token}`] }),
    create({ ...smallest, scopes: [`${token} x`] }),
    create({ ...smallest, retrieval: { redeemableBy: token, [token]: 1 } }),
    create({ ...smallest, [token]: token }),
    create(token),
    create([token]),
    create(`{"token":"${token}"`),
    create(`{"${token}":1,"${token}":2}`),
    create(`{"a":{"${token}":${token}}}`),
    ['GET', `/web-session-clients/${token}`],
    ['GET', `/web-session-clients?search=${token}`],
    ['GET', `/web-session-clients?cursor=${token}`],
    ['GET', `/web-session-clients?limit=${token}`],
    ['GET', `/web-session-clients?team=${token}`],
    ['GET', `/web-session-clients?${token}=1`],
    ['GET', `/${token}`],
    ['GET', `/%${token}`],
    ['POST', `/secret-retrievals/${token}`],
    ['POST', '/secret-retrievals', { body: { token: `${token}x` } }],
    ['POST', '/secret-retrievals', { body: { token: [token] } }],
    ['POST', '/secret-retrievals', { body: { [token]: 1 } }],
    ['POST', '/secret-retrievals', { body: token }],
    ['POST', '/secret-retrievals', { body: `token=${token}`, headers: { 'content-type': `text/${token}` } }],
    [
      'POST',
      '/secret-retrievals',
      { body: '{}', headers: { 'content-type': `application/json; charset=${token}` } },
    ],
    ['GET', '/web-session-clients', { token: `${token}!` }],
    ['GET', '/web-session-clients', { token: `${token}.${token}.${token}` }],
    ['GET', '/web-session-clients', { headers: { authorization: `Basic ${token}` } }],
    [
      'GET',
      '/web-session-clients',
      { headers: { traceparent: token, 'x-request-id': token, 'user-agent': token } },
    ],
  ]
}

test('nothing leaks where a token is sent to the wrong place', async t => {
  const watched = await watch(t)
  const { body } = await watched.call('POST', '/web-session-clients', { body: smallest })
  for (const token of [body.retrieval.token, watched.own]) {
    for (const [method, path, options] of misplaced(token)) await watched.call(method, path, options)
  }
  assertNothingLeaked(watched)
})

/** Everything PingFederate or what stands before it may say, the secret and the credentials it was sent included. */
const oddities = ({ nextSecret, service }: Watched): Fault[] => {
  const { adminUsername, adminPassword } = service.sandbox
  const basic = Buffer.from(`${adminUsername}:${adminPassword}`).toString('base64')
  const echo = `You sent ${nextSecret()} as Basic ${basic} (${adminPassword})`
  const refusal = {
    resultId: echo,
    message: echo,
    validationErrors: [
      { message: echo, fieldPath: 'clientAuth.secret' },
      { message: echo, fieldPath: 'name' },
    ],
  }
  return [
    ...[400, 401, 403, 409, 418, 422, 429, 500, 503].flatMap(status => [
      { acts: false, answer: { kind: 'status', status, body: refusal } } as const,
      { acts: false, answer: { kind: 'status', status, body: echo, headers: { 'x-echo': echo } } } as const,
    ]),
    { acts: false, answer: { kind: 'status', status: 422, body: { message: echo } } },
    ...(['drop', 'malformed-json', 'empty', 'html'] as const).map(
      kind => ({ acts: false, answer: { kind } }) as const,
    ),
    { acts: false, answer: { kind: 'redirect', location: `https://x.example.com/?${echo}` } },
    { acts: false, answerAfter: new Promise<void>(() => undefined) },
  ]
}

test('nothing leaks where PingFederate fails, even when it repeats what it was sent', async t => {
  const watched = await watch(t)
  const { faults } = watched.service.sandbox.pingFederate
  const count = oddities(watched).length
  for (let index = 0; index < count; index += 1) {
    const fault = oddities(watched)[index]
    if (fault) faults.always({ fault })
    const { status } = await watched.call('POST', '/web-session-clients', {
      body: { ...smallest, clientId: `client-${index}`, logout: index % 2 ? 'none' : 'pingaccess' },
    })
    assert.ok(status >= 400 && status !== 500, `${status} for ${JSON.stringify(fault)}`)
    faults.clear()
  }
  await watched.call('GET', '/health/ready')
  assertNothingLeaked(watched)
})

test('the search finds every planted value in every form, so it can fail', () => {
  const value = randomBytes(48).toString('base64url')
  const planted = [{ name: 'it', value }]
  const long = `{"deep":[{"x":"${value}"}]}`
  const texts = [long, Buffer.from(long).toString('base64'), Buffer.from(`x${long}`).toString('base64url')]
  const hexes = [Buffer.from(long).toString('hex'), Buffer.from(long).toString('hex').toUpperCase()]
  for (const text of [...texts, ...hexes, `cut ${value.slice(0, 40)}`]) {
    assert.deepEqual(findPlanted(planted, text), ['it'])
    assert.deepEqual(findPlanted(planted, Buffer.concat([Buffer.alloc(7), Buffer.from(text)])), ['it'])
  }
  assert.deepEqual(findPlanted(planted, randomBytes(48).toString('base64url')), [])
})

test('a secret in a log line or an answer would be found', async t => {
  const watched = await watch(t)
  await watched.call('POST', '/web-session-clients', { body: smallest })
  assertNothingLeaked(watched)
  watched.service.logLines.push(JSON.stringify({ authorization: `Bearer ${watched.own}` }))
  assert.throws(() => assertNothingLeaked(watched), /access token 0/)
  watched.service.logLines.pop()
  watched.said.push(Buffer.from(`${watched.service.sandbox.adminPassword}`).toString('base64'))
  assert.throws(() => assertNothingLeaked(watched), /PingFederate password/)
})
