import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Fault, OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import { Secret } from '../../src/secret.ts'
import { type CreateOutcome, carryOutCreate } from '../../src/web-session-clients/carry-out.ts'
import { filterOddAnswers } from '../pingfederate/odd-answers.ts'
import { clientSecret, newClient, startUpstream, type Upstream } from '../pingfederate/upstream.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const post = { method: 'POST', path: '/oauth/clients' }
const get = { method: 'GET', path: '/oauth/clients/pa_wam' }
const status = (code: number, headers = {}): OddAnswer => ({ kind: 'status', status: code, headers })
const alreadyExists: OddAnswer = {
  kind: 'status',
  status: 422,
  body: { resultId: 'validation_error', validationErrors: [{ message: 'taken', fieldPath: 'clientId' }] },
}

const journal = { isGivenUp: async () => false, holdForTakeOver: async () => true }

const create = ({ pingFederate }: Pick<Upstream, 'pingFederate'>): Promise<CreateOutcome> =>
  carryOutCreate(pingFederate, { client: newClient(), secret: clientSecret, operationId, ...journal })

const start = (t: TestContext, timeoutMs = 2_000) => startUpstream(t, { config: { timeoutMs } })

/** Plans the faults in the order of the POSTs they strike. */
const strikePosts = ({ sandbox }: Upstream, ...faults: Fault[]): void => {
  for (const fault of faults) sandbox.pingFederate.faults.next({ match: post, fault })
}

const strikeGets = ({ sandbox }: Upstream, ...faults: Fault[]): void => {
  for (const fault of faults) sandbox.pingFederate.faults.next({ match: get, fault })
}

/** How often the create itself was sent, and that nothing but it and look-ups was. */
const countPosts = ({ exchanges }: Upstream): number => {
  const writes = exchanges.filter(({ method }) => method !== 'GET')
  assert.deepEqual(
    new Set(writes.map(({ method, path }) => `${method} ${path}`)),
    new Set(['POST /oauth/clients']),
  )
  return writes.length
}

const clientCount = ({ sandbox }: Upstream): number => sandbox.pingFederate.clients().length

test('created: an untroubled create is one POST and nothing else', async t => {
  const upstream = await start(t)
  const outcome = await create(upstream)
  assert.equal(outcome.kind, 'created')
  assert.deepEqual(upstream.calls(), ['POST /oauth/clients'])
})

/** By rows of docs/faults.md. */
const oddByRow = (rows: readonly (readonly [string, number])[]): [string, OddAnswer][] =>
  rows.flatMap(([what, number]) =>
    filterOddAnswers(({ row }) => row === number).map(([name, { answer }]): [string, OddAnswer] => [
      `${what}: ${name}`,
      answer,
    ]),
  )

const foundAfterwards: [string, OddAnswer][] = [
  ...oddByRow([
    ['14: a reset', 14],
    ['16: an error of the server', 16],
    ['22: a redirect', 22],
    ['23: what is nothing of the API', 23],
    ['24: another client', 24],
    ['25: an answer without measure', 25],
  ]),
  ['25: 201 without an end', { kind: 'huge', bytes: Number.POSITIVE_INFINITY }],
  ['200 instead of 201', status(200)],
  ['504 of a proxy', status(504)],
]
for (const [what, answer] of foundAfterwards) {
  test(`created after one POST and a look, though the client was made: ${what}`, async t => {
    const upstream = await start(t)
    strikePosts(upstream, { answer })
    assert.equal((await create(upstream)).kind, 'created')
    assert.deepEqual(upstream.calls(), ['POST /oauth/clients', 'GET /oauth/clients/pa_wam'])
    assert.equal(clientCount(upstream), 1)
  })
}

const repeated = oddByRow([
  ['14: a reset', 14],
  // The errors of row 16, without a client behind them.
  ['15: an error of the server', 16],
  ['22: a redirect', 22],
  ['23: what is nothing of the API', 23],
])
for (const [what, answer] of repeated) {
  test(`created by a second POST, once a look shows that the first did nothing: ${what}`, async t => {
    const upstream = await start(t)
    strikePosts(upstream, { acts: false, answer })
    assert.equal((await create(upstream)).kind, 'created')
    assert.deepEqual(upstream.calls(), [
      'POST /oauth/clients',
      'GET /oauth/clients/pa_wam',
      'POST /oauth/clients',
    ])
    assert.equal(clientCount(upstream), 1)
  })

  test(`failed after two POSTs at most, when it lasts: ${what}`, async t => {
    const upstream = await start(t)
    upstream.sandbox.pingFederate.faults.always({ match: post, fault: { acts: false, answer } })
    assert.equal((await create(upstream)).kind, 'failed')
    assert.equal(countPosts(upstream), 2)
    assert.equal(clientCount(upstream), 0)
  })
}

test('12: created, when the answer is late and the client is there', async t => {
  const upstream = await start(t, 200)
  strikePosts(upstream, { answerAfter: new Promise(() => undefined) })
  assert.equal((await create(upstream)).kind, 'created')
  // The POST that is never answered is not among the exchanges.
  assert.deepEqual(upstream.calls(), ['GET /oauth/clients/pa_wam'])
})

test('26: created, when the answer drips too slowly and the client is there', async t => {
  const upstream = await start(t, 200)
  strikePosts(upstream, { answer: { kind: 'drip', intervalMs: 20 } })
  assert.equal((await create(upstream)).kind, 'created')
  assert.equal(clientCount(upstream), 1)
})

test('13: unknown and not repeated, when PingFederate is silent and has no client: the POST may yet arrive', async t => {
  const upstream = await start(t, 200)
  const { promise: arrives, resolve: arrive } = Promise.withResolvers<void>()
  strikePosts(upstream, { actAfter: arrives })
  const outcome = await create(upstream)
  assert.equal(outcome.kind, 'unknown')
  assert.deepEqual(upstream.calls(), ['GET /oauth/clients/pa_wam'])
  arrive()
})

test('504 of a proxy is as open as silence: unknown and not repeated, because PingFederate may still be at it', async t => {
  const upstream = await start(t)
  strikePosts(upstream, { acts: false, answer: status(504) })
  assert.equal((await create(upstream)).kind, 'unknown')
  assert.equal(countPosts(upstream), 1)
})

test('unknown, when the look-up fails as well', async t => {
  for (const answer of [status(503), { kind: 'drop' }, { kind: 'html' }] as const) {
    const upstream = await start(t)
    strikePosts(upstream, { answer: { kind: 'drop' } })
    strikeGets(upstream, { answer })
    assert.equal((await create(upstream)).kind, 'unknown')
    assert.equal(countPosts(upstream), 1)
  }
})

test('18: failed by a validation error, with its fields, after one POST', async t => {
  const upstream = await start(t)
  const validationErrors = [
    { message: 'No such scope.', errorId: 'unknown_scope', fieldPath: 'restrictedScopes[1]' },
  ]
  const body = { resultId: 'validation_error', validationErrors }
  strikePosts(upstream, { acts: false, answer: { kind: 'status', status: 422, body } })
  const outcome = await create(upstream)
  assert.ok(outcome.kind === 'failed')
  assert.deepEqual(outcome.failure.fieldErrors, [
    { fieldPath: 'restrictedScopes[1]', errorId: 'unknown_scope', message: 'No such scope.' },
  ])
  assert.deepEqual(upstream.calls(), ['POST /oauth/clients', 'GET /oauth/clients/pa_wam'])
})

test('unknown, not refused, after a validation error when the look-up fails: it may have been about the id', async t => {
  for (const answer of [status(503), { kind: 'drop' }, { kind: 'html' }] as const) {
    const upstream = await start(t)
    strikePosts(upstream, { acts: false, answer: alreadyExists })
    strikeGets(upstream, { answer })
    assert.equal((await create(upstream)).kind, 'unknown')
    assert.equal(countPosts(upstream), 1)
  }
})

test('failed by 400 without a body, after one POST', async t => {
  const upstream = await start(t)
  strikePosts(upstream, { acts: false, answer: status(400) })
  const outcome = await create(upstream)
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.failure.kind, 'invalid')
  assert.equal(countPosts(upstream), 1)
})

test('19: created, when our own second POST is told that the client exists', async t => {
  const upstream = await start(t)
  // The first POST is late: it acts between our look and our second POST.
  strikePosts(upstream, { acts: false, answer: status(503) }, { answer: alreadyExists })
  assert.equal((await create(upstream)).kind, 'created')
  assert.equal(countPosts(upstream), 2)
  assert.equal(clientCount(upstream), 1)
})

test('19: unknown, when our second POST is told that the client exists and the look-up fails', async t => {
  const upstream = await start(t)
  strikePosts(upstream, { acts: false, answer: status(503) }, { answer: alreadyExists })
  strikeGets(upstream, {}, { answer: status(503) })
  assert.equal((await create(upstream)).kind, 'unknown')
  assert.equal(clientCount(upstream), 1)
})

test('20: foreign, when the client is somebody else’s, and it is never written to', async t => {
  const upstream = await start(t)
  await callAdminApi(upstream.sandbox, 'POST', '/oauth/clients', paWam)
  const [before] = upstream.sandbox.pingFederate.clients()
  upstream.exchanges.length = 0
  assert.deepEqual(await create(upstream), { kind: 'foreign', maker: undefined })
  assert.deepEqual(upstream.calls(), ['POST /oauth/clients', 'GET /oauth/clients/pa_wam'])
  assert.deepEqual(upstream.sandbox.pingFederate.clients(), [before])
})

test('foreign, when the marker is that of another operation', async t => {
  const upstream = await start(t)
  const other = {
    client: newClient(),
    secret: clientSecret,
    operationId: operationId.replace('0193', '0194'),
    ...journal,
  }
  assert.equal((await carryOutCreate(upstream.pingFederate, other)).kind, 'created')
  assert.deepEqual(await create(upstream), { kind: 'foreign', maker: other.operationId })
  assert.equal(clientCount(upstream), 1)
})

/** A client that an operation left behind that has been given up since, and the create that meets it. */
const meetLeftover = async (upstream: Upstream, isHeld = true) => {
  const secret = new Secret('the-secret-that-nobody-was-ever-given-000000')
  const leftBy = operationId.replace('0193', '0192')
  await upstream.pingFederate.createClient(newClient(), secret, leftBy)
  upstream.exchanges.length = 0
  return () =>
    carryOutCreate(upstream.pingFederate, {
      client: newClient(),
      secret: clientSecret,
      operationId,
      isGivenUp: async maker => maker === leftBy,
      holdForTakeOver: async () => isHeld,
    })
}

const put = { method: 'PUT', path: '/oauth/clients/pa_wam' }

test('3: created by taking over, with settings and secret of its own, what an operation left behind that was given up', async t => {
  const upstream = await start(t)
  const takeOver = await meetLeftover(upstream)
  assert.equal((await takeOver()).kind, 'created')
  assert.deepEqual(upstream.calls(), [
    'POST /oauth/clients',
    'GET /oauth/clients/pa_wam',
    'PUT /oauth/clients/pa_wam',
  ])
  const { body } =
    upstream.exchanges.flatMap(({ method, requestBody }) =>
      method === 'PUT' ? [{ body: requestBody as { clientAuth: { secret: string } } }] : [],
    )[0] ?? assert.fail()
  assert.equal(body.clientAuth.secret, clientSecret.reveal())
  assert.equal((await create(upstream)).kind, 'created')
})

const takeOvers: [string, Fault, CreateOutcome['kind']][] = [
  ['503 though it was done', { answer: status(503) }, 'created'],
  ['a lost answer though it was done', { answer: { kind: 'drop' } }, 'created'],
  ['503 and nothing done yet', { acts: false, answer: status(503) }, 'unknown'],
  ['a lost answer and nothing done yet', { acts: false, answer: { kind: 'drop' } }, 'unknown'],
  ['a page of a proxy and nothing done yet', { acts: false, answer: { kind: 'html' } }, 'unknown'],
  ['401', { acts: false, answer: status(401) }, 'failed'],
  ['422', { acts: false, answer: alreadyExists }, 'failed'],
  ['504 of a proxy and nothing done yet', { acts: false, answer: status(504) }, 'unknown'],
]
for (const [what, fault, kind] of takeOvers) {
  test(`3: ${kind}, when taking over is answered with ${what}`, async t => {
    const upstream = await start(t)
    const takeOver = await meetLeftover(upstream)
    upstream.sandbox.pingFederate.faults.next({ match: put, fault })
    const outcome = await takeOver()
    assert.equal(outcome.kind, kind)
    assert.equal(outcome.kind === 'unknown' && outcome.mayReplace === true, kind === 'unknown')
    assert.equal(clientCount(upstream), 1)
  })
}

test('3: unknown, when taking over is answered with 503 and the look-up fails as well', async t => {
  const upstream = await start(t)
  const takeOver = await meetLeftover(upstream)
  upstream.sandbox.pingFederate.faults.next({ match: put, fault: { answer: status(503) } })
  strikeGets(upstream, {}, { answer: { kind: 'drop' } })
  assert.equal((await takeOver()).kind, 'unknown')
})

test('3: unknown, and what was left behind is not written to, when the client id can be somebody else’s by now', async t => {
  const upstream = await start(t)
  const takeOver = await meetLeftover(upstream, false)
  const before = upstream.sandbox.pingFederate.clients()
  assert.equal((await takeOver()).kind, 'unknown')
  assert.equal(countPosts(upstream), 1)
  assert.deepEqual(upstream.sandbox.pingFederate.clients(), before)
})

for (const [code, kind] of [
  [401, 'credentials'],
  [403, 'forbidden'],
  [429, 'busy'],
] as const) {
  test(`${code === 429 ? 17 : 21}: failed by ${code} after one POST and without a look`, async t => {
    const upstream = await start(t)
    const body = { resultId: 'a_reason', message: 'No.' }
    strikePosts(upstream, { acts: false, answer: { kind: 'status', status: code, body } })
    const outcome = await create(upstream)
    assert.ok(outcome.kind === 'failed')
    assert.equal(outcome.failure.kind, kind)
    assert.deepEqual(upstream.calls(), ['POST /oauth/clients'])
  })
}

test('27: one client, when connections are closed between the calls', async t => {
  const upstream = await start(t)
  const { faults } = upstream.sandbox.pingFederate
  faults.always({ match: get, fault: { answer: { kind: 'close' } } })
  strikePosts(upstream, { acts: false, answer: { kind: 'close' } })
  await upstream.pingFederate.findClient('pa_wam')
  assert.equal((await create(upstream)).kind, 'created')
  assert.equal(clientCount(upstream), 1)
})

test('9: failed and nothing made, when PingFederate is gone', async t => {
  const upstream = await start(t)
  await upstream.sandbox.close()
  const outcome = await create(upstream)
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.failure.kind, 'unreachable')
})

test('failed, not unknown, when not even the version could be read: no client was sent', async t => {
  for (const answer of [status(503), { kind: 'drop' }, { kind: 'html' }] as const) {
    const upstream = await start(t)
    upstream.sandbox.pingFederate.faults.always({ match: { path: '/version' }, fault: { answer } })
    const client = newClient({ logout: 'pingaccess' })
    const toCreate = { client, secret: clientSecret, operationId, ...journal }
    const outcome = await carryOutCreate(upstream.pingFederate, toCreate)
    assert.equal(outcome.kind, 'failed')
    assert.deepEqual(upstream.calls(), ['GET /version'])
  }
})

test('what is no failure of PingFederate is passed on', async () => {
  const createClient = () => Promise.reject(new RangeError('a bug'))
  const pingFederate = { createClient, findClient: createClient } as unknown as Upstream['pingFederate']
  await assert.rejects(create({ pingFederate }), RangeError)
})
