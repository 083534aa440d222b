import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Fault, OddAnswer } from '../src/sandbox/pingfederate/faults.ts'
import { execute } from './database/execute.ts'
import { createEngines } from './database/places.ts'
import { useOwnPostgresServer } from './database/postgres-server.ts'
import { createCertificates } from './pingfederate/certificates.ts'
import {
  filterOddAnswers,
  isOddForClientsOnly,
  type Odd,
  oddAnswers,
  statusOf,
} from './pingfederate/odd-answers.ts'
import { callAdminApi, paWam } from './sandbox/call-admin-api.ts'
import { findPlanted } from './secrets.ts'
import {
  assertNothingLeaked,
  besidePingAccess,
  byCertificate,
  byOAuth,
  byPassword,
  type CallOptions,
  type Watched,
  watch,
} from './watched-service.ts'
import { fullest, recordCalls, sentClients, smallest } from './web-session-clients/requests.ts'

const engines = createEngines(useOwnPostgresServer())

/** What one operation made for those after it. */
type Story = { token: string }

type Chapter = (watched: Watched, story: Story) => Promise<unknown>

const get =
  (path: string): Chapter =>
  ({ call }) =>
    call('GET', path)

/** Every operation of the API by its id, in an order that makes sense; an operation without a chapter fails. */
const chapters: Record<string, Chapter> = {
  createWebSessionClient: async (watched, story) => {
    const { call } = watched
    const headers = { 'idempotency-key': `idempotency-${randomBytes(24).toString('hex')}` }
    const create = (body: unknown, path = '/web-session-clients') => call('POST', path, { body, headers })
    const planned = await create(smallest, '/web-session-clients?dryRun=true')
    assert.equal(planned.status, 200)
    const { body } = await create(smallest)
    story.token = body.retrieval.token
    // So that it is one of those that are looked for.
    assert.ok(watched.tokens.some(known => story.token.includes(known)))
    assert.equal((await create(smallest)).body.retrieval.token, story.token)
    assert.equal((await create(fullest)).body.code, 'idempotency_key_reused')
    assert.equal((await call('POST', '/web-session-clients', { body: fullest })).status, 201)
    assert.equal((await call('POST', '/web-session-clients', { body: fullest })).status, 409)
  },
  listWebSessionClients: get('/web-session-clients'),
  getWebSessionClient: get('/web-session-clients/pa_wam'),
  getOperation: ({ call, sandbox }) => call('GET', latestOperation(sandbox)),
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
  ensureWebSessionClient: async ({ call, foreign: token }) => {
    const { clientId, ...declared } = smallest
    const ensure = (query: string, others = {}) =>
      call('PUT', `/web-session-clients/${clientId}${query}`, { body: declared, ...others })
    for (const query of ['?dryRun=true', '']) assert.equal((await ensure(query)).status, 200)
    assert.equal((await ensure('', { token })).status, 409)
  },
  updateWebSessionClient: async ({ call, foreign }) => {
    const headers = { 'if-match': '*' }
    const change = (query: string, options: { body: unknown; token?: string }) =>
      call('PATCH', `/web-session-clients/pa_wam${query}`, { headers, ...options })
    assert.equal((await change('?dryRun=true', { body: { requirePkce: true } })).status, 200)
    assert.equal((await change('', { body: { requirePkce: true } })).status, 200)
    assert.equal((await change('', { body: { enabled: 'no' } })).status, 422)
    await change('', { body: { name: 'Shop' }, token: foreign })
  },
  adoptWebSessionClients: async ({ call, sandbox, foreign }) => {
    const { body } = await callAdminApi(sandbox, 'GET', '/oauth/clients/pa_wam')
    const byHand = { ...body, clientId: 'by-hand', description: 'By hand', clientAuth: paWam.clientAuth }
    assert.equal((await callAdminApi(sandbox, 'POST', '/oauth/clients', byHand)).status, 201)
    const token = await sandbox.accessToken({ service: 'operator' })
    const asked = { team: 'payments', clientIds: ['by-hand', 'pa_wam', 'gone'] }
    for (const query of ['?dryRun=true', ''])
      assert.equal((await call('POST', `/adoptions${query}`, { body: asked, token })).status, 200)
    assert.equal((await call('POST', '/adoptions', { body: asked, token: foreign })).status, 403)
  },
  getWebSessionRecipe: get('/web-session-clients/pa_wam/web-session'),
  getTokenProvider: get('/token-provider'),
  importCertificate: async ({ call, sandbox, foreign }) => {
    const token = await sandbox.accessToken({ service: 'operator' })
    const ask = (token: string) => call('POST', '/token-provider/certificate', { body: {}, token })
    assert.equal((await ask(token)).body.code, 'certificate_not_trusted')
    assert.equal((await ask(foreign)).status, 403)
  },
  checkClientLogin: async ({ call, sandbox }) => {
    const path = '/web-session-clients/pa_wam/login-check'
    assert.equal((await call('GET', path)).body.isReady, true)
    const client = '/oauth/clients/pa_wam'
    const { body } = await callAdminApi(sandbox, 'GET', client)
    await callAdminApi(sandbox, 'PUT', client, { ...body, redirectUris: ['https://other.example.com/cb'] })
    assert.equal((await call('GET', path)).body.isReady, false)
    await callAdminApi(sandbox, 'PUT', client, body)
  },
  getDrift: get('/web-session-clients/pa_wam/drift'),
  reconcileWebSessionClient: async ({ call, foreign: token, sandbox }) => {
    const path = '/oauth/clients/pa_wam'
    const settle = (direction: string, others = {}) =>
      call('POST', '/web-session-clients/pa_wam/reconciliations', { body: { direction }, ...others })
    for (const direction of ['reapply', 'accept']) {
      const { body } = await callAdminApi(sandbox, 'GET', path)
      await callAdminApi(sandbox, 'PUT', path, { ...body, name: direction })
      assert.equal((await call('GET', '/web-session-clients/pa_wam/drift')).body.drifted, true)
      await settle(direction, { token })
      assert.equal((await settle(direction)).status, 200)
    }
  },
  rotateSecret: async (watched, story) => {
    const { call, foreign } = watched
    const path = '/web-session-clients/pa_wam/secret-rotations'
    const headers = { 'idempotency-key': `idempotency-${randomBytes(24).toString('hex')}` }
    assert.equal((await call('POST', `${path}?dryRun=true`, { body: {} })).status, 200)
    const { status, body } = await call('POST', path, { headers })
    assert.equal(status, 201)
    assert.notEqual(body.retrieval.token, story.token)
    story.token = body.retrieval.token
    assert.ok(watched.tokens.some(known => story.token.includes(known)))
    assert.equal((await call('POST', path, { headers })).body.retrieval.token, story.token)
    assert.equal((await call('POST', path, { headers, body: { force: true } })).status, 422)
    assert.equal((await call('POST', path)).body.code, 'previous_secret_alive')
    await call('POST', path, { token: foreign })
    assert.equal((await call('POST', '/secret-retrievals', { body: { token: story.token } })).status, 200)
  },
  deliverSecret: async ({ call, foreign: token }) => {
    const path = `/web-session-clients/${fullest.clientId}/web-session`
    assert.equal((await call('PUT', `${path}?dryRun=true`)).status, 200)
    const { status, body } = await call('PUT', path)
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal((await call('PUT', path, { body: { force: true } })).status, 200)
    await call('PUT', path, { token })
  },
  deleteWebSessionClient: async ({ call, foreign: token }) => {
    const path = `/web-session-clients/${fullest.clientId}`
    assert.equal((await call('DELETE', path)).body.code, 'client_enabled')
    await call('DELETE', path, { token })
  },
  revokePreviousSecrets: ({ call }) => call('DELETE', '/web-session-clients/pa_wam/previous-secrets'),
  revokeRetrieval: ({ call }) => call('DELETE', `/web-session-clients/${fullest.clientId}/retrieval`),
  getLiveness: get('/health/live'),
  getReadiness: get('/health/ready'),
  getMetrics: get('/metrics'),
  listTeams: get('/teams'),
  listAuditEvents: async watched => {
    assert.ok((await exportAudit(watched)).includes('secret.redeem'))
  },
}

/** The whole audit trail, page by page; resolves to the actions in it. */
const exportAudit = async ({ call, auditor: token }: Watched): Promise<string[]> => {
  const actions: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const path = `/audit-events?limit=50${next && `&cursor=${encodeURIComponent(next)}`}`
    const { status, body } = await call('GET', path, { token })
    assert.equal(status, 200)
    actions.push(...body.items.map(({ action }: { action: string }) => action))
    next = body.nextCursor
  }
  return actions
}

/** What an operator looks at after something went wrong. */
const lookAround = async (watched: Watched): Promise<void> => {
  await watched.call('GET', '/health/ready')
  const { body: metrics } = await watched.call('GET', '/metrics')
  assert.match(metrics, /web_session_clients_problems_total\{code="/)
  assert.ok((await exportAudit(watched)).includes('client.create'))
}

type Paths = Record<string, Record<string, { operationId: string }>>

for (const [name, engine] of Object.entries(engines)) {
  test(`nothing leaks where everything goes well, whatever operation is called, on ${name}`, async t => {
    const watched = await watch(t, engine, besidePingAccess(byPassword()))
    const { body: document } = await watched.call('GET', '/openapi.json')
    const operations = Object.values(document.paths as Paths).flatMap(path => Object.values(path))
    assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), Object.keys(chapters).sort())
    const story = { token: '' }
    for (const tell of Object.values(chapters)) await tell(watched, story)
    await assertNothingLeaked(watched)
  })
}

/** Where the latest client that PingFederate has can be followed; its description names the operation. */
const latestOperation = (sandbox: Watched['sandbox']): string => {
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
    ['POST', '/web-session-clients/pa_wam/secret-rotations', { body: { [token]: token, force: token } }],
    ['POST', '/web-session-clients/pa_wam/secret-rotations', { body: { overlapMinutes: token } }],
    ['POST', `/web-session-clients/${token}/secret-rotations`],
    ['POST', `/web-session-clients/pa_wam/secret-rotations?${token}=1`],
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
    ['GET', `/teams?cursor=${token}`],
    ['GET', `/teams?limit=${token}`],
    ['GET', `/teams?${token}=1`],
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

for (const [name, engine] of Object.entries(engines)) {
  test(`nothing leaks where a token is sent to the wrong place, on ${name}`, async t => {
    const watched = await watch(t, engine)
    const { body } = await watched.call('POST', '/web-session-clients', { body: smallest })
    for (const token of [body.retrieval.token, watched.own]) {
      for (const [method, path, options] of misplaced(token)) await watched.call(method, path, options)
    }
    await lookAround(watched)
    await assertNothingLeaked(watched)
  })
}

/** What PingFederate or what stands before it may do to every call, so that none can be looked up, and what a create is answered then. */
type Oddity = { fault: Fault; answered: string }

/** Of longer header fields no answer would be left. */
const headerBytes = 8_000

const isOwn = (answer: OddAnswer): boolean =>
  answer.kind === 'status' && typeof (answer.body as { resultId?: unknown } | null)?.resultId === 'string'

/** All that it may say, the secret and the credentials it was sent included. */
const oddities = ({ nextSecret, planted, sandbox }: Watched): Oddity[] => {
  const { adminUsername, adminPassword } = sandbox
  const basic = Buffer.from(`${adminUsername}:${adminPassword}`).toString('base64')
  const credentials = planted().filter(({ name }) => /^PingFederate|^private key/.test(name))
  const latestFirst = credentials.map(({ value }) => value).toReversed()
  const echo = `You sent ${nextSecret()} as Basic ${basic} (${latestFirst.join(' ')})`
  const refusal = {
    resultId: echo,
    message: echo,
    validationErrors: [
      { message: echo, fieldPath: 'clientAuth.secret' },
      { message: echo, fieldPath: 'name' },
    ],
  }
  const odd = ({ isAmbiguous, told }: Odd, answer: OddAnswer): Oddity => ({
    fault: { acts: false, answer },
    answered: isAmbiguous ? '504 outcome_unknown' : `${told.status} ${told.code}`,
  })
  const failing = filterOddAnswers(({ answer }) => (statusOf(answer) ?? 0) >= 400 && statusOf(answer) !== 404)
  // In PingFederate's own words, of which a status has one meaning; a text alone is somebody else's, or has no words.
  const statuses = new Map(
    failing
      .toSorted(([, a], [, b]) => Number(isOwn(a.answer)) - Number(isOwn(b.answer)))
      .map(([, each]) => [statusOf(each.answer) ?? assert.fail(), each]),
  )
  const stranger = oddAnswers['400 with a page'] ?? assert.fail()
  const others = filterOddAnswers(each => each.answer.kind !== 'status' && !isOddForClientsOnly(each))
  return [
    ...[...statuses].flatMap(([status, each]) => [
      odd(each, { kind: 'status', status, body: refusal }),
      odd(isOwn(each.answer) ? stranger : each, {
        kind: 'status',
        status,
        body: echo,
        headers: { 'x-echo': echo.slice(0, headerBytes) },
      }),
    ]),
    {
      fault: { acts: false, answer: { kind: 'status', status: 422, body: { resultId: 'x', message: echo } } },
      answered: '422 refused_by_pingfederate',
    },
    ...others.map(([, each]) =>
      odd(
        each,
        each.answer.kind === 'redirect'
          ? { kind: 'redirect', location: `https://x.example.com/?${echo}` }
          : each.answer,
      ),
    ),
    {
      fault: { acts: false, answerAfter: new Promise<void>(() => undefined) },
      answered: '504 outcome_unknown',
    },
  ]
}

/** For an answer that does not come; every other one has as long as it takes on a busy machine. */
const shortTimeout = { PINGFEDERATE_TIMEOUT_MS: '300' }

/** A call that was answered. */
const isRecorded = ({ answer }: Fault): boolean => answer !== undefined && answer.kind !== 'drop'

const certificates = createCertificates()

const installations = [
  { name: 'by password, on SQLite', engine: engines.SQLite, signIn: byPassword },
  { name: 'by password, on PostgreSQL', engine: engines.PostgreSQL, signIn: byPassword },
  { name: 'by OAuth, on SQLite', engine: engines.SQLite, signIn: byOAuth },
  {
    name: 'by certificate, on SQLite',
    engine: engines.SQLite,
    signIn: () => byCertificate(certificates ?? assert.fail()),
    skip: certificates ? false : 'needs the openssl command',
  },
]

for (const { name, engine, signIn, skip = false } of installations) {
  test(`nothing leaks where PingFederate fails, even when it repeats what it was sent, signed in to ${name}`, {
    skip,
  }, async t => {
    const watched = await watch(t, engine, signIn())
    const { faults } = watched.sandbox.pingFederate
    const create = (clientId: string, query = '') =>
      watched.call('POST', `/web-session-clients${query}`, { body: { ...smallest, clientId } })
    assert.equal((await create('pa_wam')).status, 201)
    const calls = recordCalls(watched.sandbox)
    const secrets: string[] = []
    for (let index = 0; index < oddities(watched).length; index += 1) {
      const { fault, answered } = oddities(watched)[index] ?? assert.fail()
      if (isRecorded(fault)) secrets.push(watched.nextSecret())
      // Of refused credentials, and of five failures in a row, a service remembers something.
      await watched.restart(fault.answerAfter && shortTimeout)
      // Not the calls with which a start settles what was left before.
      const { struck } = faults.always({ match: { method: 'POST', path: '/oauth/clients' }, fault })
      // A refusal stands only where a look shows that the id is free.
      if (!answered.startsWith('422'))
        faults.always({ match: { path: `/oauth/clients/client-${index}` }, fault })
      let isStruck = false
      void struck.then(() => {
        isStruck = true
      })
      const { status, body } = await create(`client-${index}`)
      assert.equal(`${status} ${body.code}`, answered, JSON.stringify(fault))
      assert.ok(isStruck)
      faults.always({ fault })
      assert.notEqual((await create(`planned-${index}`, '?dryRun=true')).status, 500)
      faults.clear()
    }
    const sent = sentClients(calls).map(({ clientAuth }) => clientAuth?.secret)
    const unsent = secrets.filter(secret => !sent.includes(secret))
    assert.deepEqual(unsent, [])
    await lookAround(watched)
    await assertNothingLeaked(watched)
  })
}

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

for (const [name, engine] of Object.entries(engines)) {
  test(`a secret in a log line, an answer or the database would be found, on ${name}`, async t => {
    const watched = await watch(t, engine)
    await watched.call('POST', '/web-session-clients', { body: smallest })
    await assertNothingLeaked(watched)
    watched.log.push(JSON.stringify({ authorization: `Bearer ${watched.own}` }))
    await assert.rejects(assertNothingLeaked(watched), /access token 0/)
    watched.log.pop()
    const content = Buffer.from(`${watched.sandbox.adminPassword}`).toString('base64')
    watched.said.push({ name: 'an answer', content })
    await assert.rejects(assertNothingLeaked(watched), /PingFederate password/)
    watched.said.pop()
    const [token = assert.fail()] = watched.tokens
    await execute(watched.databaseUrl, `update client set name = '${token}'`)
    await assert.rejects(assertNothingLeaked(watched), /retrieval token 1/)
  })
}
