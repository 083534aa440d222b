import assert from 'node:assert/strict'
import { hkdfSync, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Fault } from '../src/sandbox/pingfederate/faults.ts'
import { createToken } from '../src/secret-retrievals/token.ts'
import { execute } from './database/execute.ts'
import { usePostgresServer } from './database/postgres-server.ts'
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

const server = usePostgresServer()

type Engine = {
  database: () => Promise<string | undefined>
  /** Everything the database has, as it is on disk or as its rows show it. */
  readAll: (service: TestService) => Promise<{ name: string; content: string | Buffer }[]>
}

const engines: Record<'SQLite' | 'PostgreSQL', Engine> = {
  SQLite: {
    database: async () => undefined,
    readAll: async ({ databasePath }) => {
      const folder = dirname(databasePath)
      const files = readdirSync(folder)
      assert.ok(files.includes('data.db') && files.includes('data.db-wal'))
      return files.map(name => ({ name, content: readFileSync(join(folder, name)) }))
    },
  },
  PostgreSQL: {
    database: () => server.createDatabase(),
    readAll: ({ env }) => dumpPostgres(env['DATABASE_URL'] ?? ''),
  },
}

/** Every row of every table, and the files behind them. */
const dumpPostgres = async (url: string): Promise<{ name: string; content: string | Buffer }[]> => {
  const tables = await execute(
    url,
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  assert.ok(tables.length >= 6)
  const rows = tables.map(async ({ name }) => ({
    name: String(name),
    content: JSON.stringify(await execute(url, `select * from "${name}"`)),
  }))
  await execute(url, 'checkpoint')
  const [place] = await execute(
    url,
    `select current_setting('data_directory') || '/base/' || oid as folder from pg_database where datname = current_database()`,
  )
  const folder = String(place?.['folder'])
  const files = readdirSync(folder).map(name => ({ name, content: readFileSync(join(folder, name)) }))
  assert.ok(files.some(({ content }) => content.includes('pa_wam')))
  return [...(await Promise.all(rows)), ...files]
}

/** A service, everything it says, and everything it must keep to itself. */
const watch = async (t: TestContext, engine: Engine = engines.SQLite) => {
  const now = Date.now()
  const bytes = createBytes()
  const database = await engine.database()
  const service = await startTestService(t, {
    ...(database !== undefined && { database }),
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
  return { service, call, said, planted, nextSecret, own, foreign, readAll: () => engine.readAll(service) }
}

type Watched = Awaited<ReturnType<typeof watch>>

/** Fails for everything planted that stands in the log, an answer or the database. */
const assertNothingLeaked = async ({ service, said, planted, readAll }: Watched): Promise<void> => {
  for (const line of service.logLines) assert.deepEqual(findPlanted(planted(), line), [], line)
  for (const answer of said) assert.deepEqual(findPlanted(planted(), answer), [], answer)
  for (const { name, content } of await readAll()) assert.deepEqual(findPlanted(planted(), content), [], name)
  assert.ok(service.logLines.length > 0 && said.length > 0)
}

/** What one operation made for those after it. */
type Story = { token: string }

type Chapter = (watched: Watched, story: Story) => Promise<unknown>

const get =
  (path: string): Chapter =>
  ({ call }) =>
    call('GET', path)

/** Every operation of the API by its id, in an order that makes sense; an operation without a chapter fails. */
const chapters: Record<string, Chapter> = {
  createWebSessionClient: async ({ call }, story) => {
    const { body } = await call('POST', '/web-session-clients', { body: smallest })
    story.token = body.retrieval.token
    await call('POST', '/web-session-clients', { body: smallest })
    const other = { 'idempotency-key': `${idempotencyKey}-other` }
    await call('POST', '/web-session-clients', { body: fullest, headers: other })
  },
  listWebSessionClients: get('/web-session-clients'),
  getWebSessionClient: get('/web-session-clients/pa_wam'),
  getOperation: ({ call, service }) => call('GET', latestOperation(service)),
  lookUpRetrieval: ({ call }, { token }) => call('POST', '/secret-retrievals/lookup', { body: { token } }),
  redeemSecret: async (watched, { token }) => {
    const { call, foreign } = watched
    await call('POST', '/secret-retrievals', { body: { token }, token: foreign })
    await assertNothingLeaked(watched)
    assert.equal((await call('POST', '/secret-retrievals', { body: { token } })).status, 200)
    await call('POST', '/secret-retrievals', { body: { token } })
    await call('POST', '/secret-retrievals/lookup', { body: { token } })
    await call('GET', '/web-session-clients/pa_wam')
  },
  revokeRetrieval: ({ call }) => call('DELETE', `/web-session-clients/${fullest.clientId}/retrieval`),
  getLiveness: get('/health/live'),
  getReadiness: get('/health/ready'),
  getMetrics: get('/metrics'),
  listAuditEvents: async ({ call, service }) => {
    const token = await service.sandbox.accessToken({ service: 'auditor' })
    const { status, body } = await call('GET', '/audit-events', { token })
    assert.equal(status, 200)
    assert.ok(body.items.some(({ action }: { action: string }) => action === 'secret.redeem'))
  },
}

type Paths = Record<string, Record<string, { operationId: string }>>

for (const [name, engine] of Object.entries(engines)) {
  test(`nothing leaks where everything goes well, whatever operation is called, on ${name}`, async t => {
    const watched = await watch(t, engine)
    const { body: document } = await watched.call('GET', '/openapi.json')
    const operations = Object.values(document.paths as Paths).flatMap(path => Object.values(path))
    assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), Object.keys(chapters).sort())
    const story = { token: '' }
    for (const tell of Object.values(chapters)) await tell(watched, story)
    await assertNothingLeaked(watched)
  })
}

/** Where the latest client that PingFederate has can be followed; its description names the operation. */
const latestOperation = ({ sandbox }: TestService): string => {
  const { description } = sandbox.pingFederate.clients().at(-1) ?? assert.fail()
  const [, id] = /\[web-session-clients ([0-9a-f-]{36})\]/.exec(String(description)) ?? []
  return `/operations/${id}`
}

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
  await assertNothingLeaked(watched)
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
  await assertNothingLeaked(watched)
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
  await assertNothingLeaked(watched)
  watched.service.logLines.push(JSON.stringify({ authorization: `Bearer ${watched.own}` }))
  await assert.rejects(assertNothingLeaked(watched), /access token 0/)
  watched.service.logLines.pop()
  watched.said.push(Buffer.from(`${watched.service.sandbox.adminPassword}`).toString('base64'))
  await assert.rejects(assertNothingLeaked(watched), /PingFederate password/)
})
