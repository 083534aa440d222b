import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Store } from '../../src/database/store.ts'
import { createRateLimits, toNetwork } from '../../src/limits/rate-limits.ts'
import { sendAndReset } from '../http/reset-connection.ts'
import { writePolicyFile } from '../policy/files.ts'
import { createRetrieval, lookUp, readRows, redeem, strangerToken } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService, withoutRequestId } from '../service.ts'

const fieldsOf = ({ headers }: Answer) =>
  ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after'].map(name => headers.get(name))

/** A service whose clock stands, so that nothing comes back while a test counts. */
const startLimited = async (t: TestContext, limits: Record<string, number>) => {
  const clock = { at: Date.now() }
  const env = Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)]))
  const service = await startTestService(t, { env, world: { now: () => clock.at } })
  return {
    ...service,
    clock,
    list: (as: 'payments-pipeline' | 'shop-pipeline' | 'portal') =>
      service.call('GET', '/web-session-clients', { as }),
  }
}

test('429 with RateLimit and Retry-After for a caller beyond its limit, and 200 again after that', async t => {
  const { list, clock, call, sandbox } = await startLimited(t, { RATE_LIMIT_PER_CALLER: 3 })
  const answers = [
    await list('payments-pipeline'),
    await list('payments-pipeline'),
    await list('payments-pipeline'),
  ]
  assert.deepEqual(answers.map(fieldsOf), [
    ['3', '2', '20', null],
    ['3', '1', '40', null],
    ['3', '0', '60', null],
  ])
  const refused = await list('payments-pipeline')
  assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited'])
  assert.deepEqual(fieldsOf(refused), ['3', '0', '60', '20'])
  const token = await sandbox.accessToken({ service: 'payments-pipeline' })
  assert.equal(
    (await call('GET', '/web-session-clients', { token })).status,
    429,
    'a new token is the same caller',
  )
  assert.equal((await list('shop-pipeline')).status, 200)
  clock.at += 20_000
  assert.equal((await list('payments-pipeline')).status, 200)
  assert.equal((await list('payments-pipeline')).status, 429)
})

test('429 for a team beyond the number that its policy sets, and for that team only', async t => {
  const { path } = writePolicyFile(t, {
    changeableBy: 'IAM team',
    teams: { payments: { limits: { requestsPerMinute: 2 } } },
  })
  const at = Date.now()
  const service = await startTestService(t, { env: { POLICY_FILE: path }, world: { now: () => at } })
  const statuses: number[] = []
  for (const as of ['payments-pipeline', 'payments-pipeline', 'payments-pipeline', 'shop-pipeline'] as const)
    statuses.push((await service.call('GET', '/web-session-clients', { as })).status)
  assert.deepEqual(statuses, [200, 200, 429, 200])
})

test('429 creates nothing, and 403 for want of a scope counts as well', async t => {
  const { call, sandbox } = await startLimited(t, { RATE_LIMIT_PER_CALLER: 2 })
  const token = await sandbox.accessToken({ service: 'payments-pipeline', scope: 'web-session-clients:read' })
  const create = () => call('POST', '/web-session-clients', { token, body: {} })
  assert.deepEqual(
    [await create(), await create(), await create()].map(({ status }) => status),
    [403, 403, 429],
  )
  assert.deepEqual(sandbox.pingFederate.clients(), [])
})

test('429 for every caller of a team beyond its limit, except for who is in another team that has some left', async t => {
  const { list } = await startLimited(t, { RATE_LIMIT_PER_TEAM: 2 })
  assert.deepEqual(fieldsOf(await list('payments-pipeline')).slice(0, 2), ['2', '1'])
  assert.equal((await list('payments-pipeline')).status, 200)
  const refused = await list('payments-pipeline')
  assert.equal(refused.status, 429)
  assert.match(refused.body.detail, /2 requests of the team payments/)
  assert.deepEqual(
    [await list('portal'), await list('portal'), await list('portal'), await list('shop-pipeline')].map(
      ({ status }) => status,
    ),
    [200, 200, 429, 429],
  )
})

test('a token that nobody has and one of another team count the same and are answered the same, until 429 for any', async t => {
  const service = await startLimited(t, { RATE_LIMIT_UNKNOWN_TOKENS: 4 })
  const foreign = await createRetrieval(service)
  const own = await createRetrieval(service, { clientId: 'own' }, 'shop-pipeline')
  const as = 'shop-pipeline'
  const [unknown, others] = [
    await redeem(service, strangerToken, { as }),
    await redeem(service, foreign, { as }),
  ]
  assert.equal(unknown.status, 404)
  assert.deepEqual(withoutRequestId(unknown), withoutRequestId(others))
  assert.deepEqual(
    [fieldsOf(unknown), fieldsOf(others)].map(([limit, left]) => [limit, left]),
    [
      ['4', '3'],
      ['4', '2'],
    ],
  )
  const lookedUp = [await lookUp(service, foreign, { as }), await lookUp(service, strangerToken, { as })]
  assert.deepEqual(withoutRequestId(lookedUp[0] as Answer), withoutRequestId(lookedUp[1] as Answer))
  const refused = []
  for (const token of [strangerToken, foreign, own])
    refused.push(await redeem(service, token, { as }), await lookUp(service, token, { as }))
  for (const each of refused) {
    assert.deepEqual(withoutRequestId(each), withoutRequestId(refused[0] as Answer))
    assert.deepEqual([each.status, fieldsOf(each)], [429, ['4', '0', '60', '15']])
  }
  assert.equal((await service.list(as)).status, 200, 'what shows no retrieval token goes on')
  assert.equal((await redeem(service, foreign)).status, 200, 'and so do other callers')
  service.clock.at += 15_000
  assert.equal((await redeem(service, own, { as })).status, 200)
})

/** A store whose writes wait for a gate. */
const holdWrites = (store: Store, gate: Promise<void>): Store => ({
  ...store,
  write: (async (...run: Parameters<Store['write']>) => {
    await gate
    return store.write(...run)
  }) as Store['write'],
})

test('429 for all but as many guesses at once as the limit has, before their tokens are looked at', async t => {
  const gate = Promise.withResolvers<void>()
  const at = Date.now()
  const service = await startTestService(t, {
    env: { RATE_LIMIT_UNKNOWN_TOKENS: '4' },
    world: { now: () => at },
    wrapStore: store => holdWrites(store, gate.promise),
  })
  const statuses: number[] = []
  const refused = Promise.withResolvers<void>()
  const sent = Array.from({ length: 20 }, async () => {
    statuses.push((await redeem(service, strangerToken)).status)
    if (statuses.length === 16) refused.resolve()
  })
  await refused.promise
  assert.deepEqual(new Set(statuses), new Set([429]))
  gate.resolve()
  await Promise.all(sent)
  assert.deepEqual(statuses.slice(16), [404, 404, 404, 404])
  assert.equal((await redeem(service, strangerToken)).status, 429)
})

test('200 or 429 for the caller’s own tokens at once, and none of them counts afterwards', async t => {
  const service = await startLimited(t, { RATE_LIMIT_UNKNOWN_TOKENS: 2 })
  const token = await createRetrieval(service)
  const answers = await Promise.all(Array.from({ length: 20 }, () => lookUp(service, token)))
  assert.ok(answers.every(({ status }) => [200, 429].includes(status)))
  const guesses = []
  for (let sent = 0; sent < 3; sent += 1) guesses.push((await redeem(service, strangerToken)).status)
  assert.deepEqual(guesses, [404, 404, 429])
  assert.ok(
    !readRows(service.databasePath, 'select reason from audit_event').slice(0, -3).some(isRateLimited),
  )
})

const isRateLimited = ({ reason }: Record<string, unknown>): boolean => reason === 'rate_limited'

test('what is redeemed, expired or mistyped is no guess', async t => {
  const service = await startLimited(t, { RATE_LIMIT_UNKNOWN_TOKENS: 1 })
  const token = await createRetrieval(service)
  assert.equal((await redeem(service, token)).status, 200)
  for (let again = 0; again < 3; again += 1) assert.equal((await redeem(service, token)).status, 410)
  assert.equal((await redeem(service, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).status, 422)
  assert.equal((await lookUp(service, token)).status, 200)
})

test('429 for what comes from an address without a valid token, while callers at the same address go on', async t => {
  const { call, list } = await startLimited(t, { RATE_LIMIT_PER_ADDRESS: 3 })
  const without = () => call('GET', '/web-session-clients', { as: null })
  assert.deepEqual(
    [await without(), await call('GET', '/web-session-clients', { token: 'x.y.z' })].map(
      ({ status }) => status,
    ),
    [401, 401],
  )
  assert.equal((await call('GET', '/openapi.json', { as: null })).status, 200)
  for (const refused of [
    await without(),
    await call('GET', '/openapi.json', { as: null }),
    await call('GET', '/documentation', { as: null }),
  ]) {
    assert.equal(refused.status, 429)
    assert.deepEqual(fieldsOf(refused), ['3', '0', '60', '20'])
  }
  assert.equal((await list('payments-pipeline')).status, 200)
})

test('429 for an address whose requests without a valid token were sent and the connections reset', async t => {
  const service = await startLimited(t, { RATE_LIMIT_PER_ADDRESS: 2 })
  for (let sent = 0; sent < 2; sent += 1)
    await sendAndReset(t, service, { method: 'GET', path: '/web-session-clients', token: 'x.y.z' })
  assert.equal((await service.call('GET', '/web-session-clients', { as: null })).status, 429)
  assert.ok(service.logLines.every(line => !line.includes('unexpected failure')))
})

test('requests from addresses that are not known count together', () => {
  const limits = { perCaller: 1, perTeam: 1, unknownTokens: 1, perAddress: 1 }
  const { admitStranger } = createRateLimits({ limits, findTeamLimit: () => undefined, now: () => 0 })
  admitStranger(undefined)
  assert.throws(() => admitStranger(undefined), { code: 'rate_limited' })
  admitStranger('192.0.2.7')
})

test('health is never limited', async t => {
  const { call } = await startLimited(t, { RATE_LIMIT_PER_ADDRESS: 1, RATE_LIMIT_PER_CALLER: 1 })
  for (let asked = 0; asked < 5; asked += 1) {
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await call('GET', path, { as: null })
      assert.deepEqual([answer.status, fieldsOf(answer)], [200, [null, null, null, null]])
    }
  }
})

test('behind a proxy that is trusted, an address is that of the caller', async t => {
  const { call } = await startTestService(t, {
    env: { RATE_LIMIT_PER_ADDRESS: '1', TRUST_PROXY: '127.0.0.1' },
  })
  const from = async (address: string) =>
    (await call('GET', '/openapi.json', { as: null, headers: { 'x-forwarded-for': address } })).status
  assert.deepEqual(
    [await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')],
    [200, 429, 200],
  )
})

test('an IPv6 address counts as its network of 64 bits', () => {
  const networks = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2',
    '2001:db8::1': '2001:db8:0:0',
    '::1': '0:0:0:0',
    'fe80::1%eth0': 'fe80:0:0:0',
  }
  assert.deepEqual(Object.fromEntries(Object.keys(networks).map(each => [each, toNetwork(each)])), networks)
})

test('two OAuth clients of one subject have a limit each, and so has the subject without one', () => {
  const limits = { perCaller: 1, perTeam: 9, unknownTokens: 9, perAddress: 9 }
  const { admitCaller } = createRateLimits({ limits, findTeamLimit: () => undefined, now: () => 0 })
  const request = { routeOptions: { config: {} } } as FastifyRequest
  const reply = { headers: () => undefined } as unknown as FastifyReply
  const admit = (clientId: string | undefined) =>
    admitCaller(request, reply, {
      ...{ subject: 'ana', clientId, actingParties: [], teams: ['payments'] },
      scopes: new Set(),
    })
  const clients = ['portal', 'pipeline', undefined]
  for (const each of clients) admit(each)
  for (const each of clients) assert.throws(() => admit(each), { code: 'rate_limited' })
})
