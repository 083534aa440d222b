import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { usePostgresServer } from '../database/postgres-server.ts'
import { readDocument } from '../openapi/document.ts'
import { writePolicyFile } from '../policy/files.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval, lookUp, readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService, type TestService, withoutRequestId } from '../service.ts'
import { createKey, createUnderKey, recordCalls, smallest, writesOf } from './requests.ts'
import { createInUse, logsIn, rotate, rotationsPath, secretOf } from './rotations.ts'

const server = usePostgresServer()
const pingFederatePath = '/oauth/clients/pa_wam'

/** The overlaps that PingFederate was sent. */
const overlapsOf = (calls: ReturnType<typeof recordCalls>): unknown[] =>
  calls
    .filter(({ method }) => method === 'PUT')
    .map(({ body }) => (body as Record<string, unknown>)['clientSecretRetentionPeriod'])

const rulesOf = ({ status, body }: Answer): unknown[] => [
  status,
  body.code,
  ...(body.violations ?? []).map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`).sort(),
]

test('201 without a body: the client as it was, and a token for a new secret, in the form that create answers', async t => {
  const service = await startTestService(t)
  const created = await service.call('POST', '/web-session-clients', { body: smallest })
  const { status, body, headers } = await rotate(service)
  assert.equal(status, 201, JSON.stringify(body))
  assert.deepEqual(
    ['location', 'cache-control', 'etag', 'idempotent-replayed'].map(name => headers.get(name)),
    ['/web-session-clients/pa_wam', 'no-store', null, null],
  )
  const { retrieval, previousSecretEndsAt, updatedAt, ...client } = body
  const { retrieval: former, updatedAt: before, ...expected } = created.body
  assert.deepEqual(client, expected)
  assert.ok(updatedAt >= before)
  assert.deepEqual(Object.keys(retrieval), Object.keys(former))
  assert.deepEqual(
    [retrieval.state, retrieval.redeemableBy, previousSecretEndsAt],
    ['outstanding', 'team', null],
  )
  const secret = await secretOf(service, retrieval.token)
  assert.equal(await logsIn(service, secret), true)
  const read = await service.call('GET', '/web-session-clients/pa_wam')
  assert.deepEqual([read.body.updatedAt, read.body.retrieval.redeemedBy], [updatedAt, 'payments-pipeline'])
})

test('201: the token that was outstanding dies, and the audit trail has it in the rotation', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  assert.equal((await rotate(service, { as: 'portal' })).status, 201)
  const dead = await redeem(service, token)
  assert.deepEqual([dead.status, dead.body.code], [410, 'retrieval_revoked'])
  assert.equal((await lookUp(service, token)).body.state, 'revoked')
  const events = readRows(
    service.databasePath,
    "select outcome, subject, team, client_id from audit_event where action = 'client.rotate' order by 1",
  ).map(row => Object.values(row))
  assert.deepEqual(
    events,
    ['done', 'intended'].map(outcome => [outcome, 'portal', 'payments', 'pa_wam']),
  )
})

test('201: a body that is empty, in all ways of sending nothing, is one that leaves everything out', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  for (const options of [
    {},
    { body: {} },
    { body: '' },
    { body: '', headers: { 'content-type': 'text/plain' } },
    { headers: { 'content-type': 'application/json; charset=utf-8' } },
  ])
    assert.equal((await rotate(service, options)).status, 201, JSON.stringify(options))
  const { paths } = await readDocument()
  assert.equal(paths['/web-session-clients/{clientId}/secret-rotations'].post.requestBody.required, false)
  assert.equal(paths['/web-session-clients'].post.requestBody.required, true)
})

test('201: both secrets log people in during the overlap, and after it the former one does not', async t => {
  let ahead = 0
  const service = await startTestService(t, { sandbox: { now: () => new Date(Date.now() + ahead) } })
  const former = await createInUse(service)
  const { body } = await rotate(service, { body: { overlapMinutes: 60 } })
  const secret = await secretOf(service, body.retrieval.token)
  assert.deepEqual([await logsIn(service, former), await logsIn(service, secret)], [true, true])
  ahead = Date.parse(body.previousSecretEndsAt) - Date.now() - 10_000
  assert.equal(await logsIn(service, former), true)
  ahead += 20_000
  assert.deepEqual([await logsIn(service, former), await logsIn(service, secret)], [false, true])
})

test('201: a stream of logins while ten rotations run never fails once', async t => {
  const service = await startTestService(t)
  let inUse = await createInUse(service)
  let isRunning = true
  const logins = (async () => {
    let count = 0
    for (; isRunning; count += 1) assert.equal(await logsIn(service, inUse), true)
    return count
  })()
  for (let round = 0; round < 10; round += 1) {
    const { status, body } = await rotate(service, { body: { force: true } })
    assert.equal(status, 201)
    inUse = await secretOf(service, body.retrieval.token)
  }
  isRunning = false
  assert.ok((await logins) > 0)
})

const day = 1_440

/** What the former secret is, how the service is configured, what is asked for, and the minutes or the rule that follows. */
type OverlapCase = [
  what: string,
  former: string,
  env: Record<string, string>,
  body: object,
  expected: unknown,
]
const overlapCases: OverlapCase[] = [
  ['outstanding', 'outstanding', {}, {}, 0],
  ['expired', 'expired', {}, {}, 0],
  ['revoked', 'revoked', {}, {}, 0],
  ['redeemed', 'redeemed', {}, {}, day],
  ['configured', 'redeemed', { ROTATION_OVERLAP_MINUTES: '30' }, {}, 30],
  ['configured to end at once', 'redeemed', { ROTATION_OVERLAP_MINUTES: '0' }, {}, 0],
  ['configured shorter than the token lives', 'redeemed', { ROTATION_OVERLAP_MINUTES: '10' }, {}, 15],
  ['as long as the token', 'redeemed', {}, { retrieval: { ttlSeconds: 86_400 } }, day],
  ['in whole minutes', 'redeemed', { ROTATION_OVERLAP_MINUTES: '1' }, { retrieval: { ttlSeconds: 61 } }, 2],
  ['asked, redeemed', 'redeemed', {}, { overlapMinutes: 15 }, 15],
  ['asked, outstanding', 'outstanding', {}, { overlapMinutes: 43_200 }, 43_200],
  ['asked to end at once', 'redeemed', {}, { overlapMinutes: 0 }, 0],
  ['asked too short', 'redeemed', {}, { overlapMinutes: 14 }, 'overlap_minimum'],
  ['asked too short, outstanding', 'outstanding', {}, { overlapMinutes: 1 }, 'overlap_minimum'],
  [
    'too short for a longer token',
    'redeemed',
    {},
    { overlapMinutes: 59, retrieval: { ttlSeconds: 3_600 } },
    'overlap_minimum',
  ],
  ['enough for a longer token', 'redeemed', {}, { overlapMinutes: 60, retrieval: { ttlSeconds: 3_600 } }, 60],
]

const startOverlap = async (t: TestContext, former: string, env: Record<string, string>) => {
  let ahead = 0
  const service = await startTestService(t, { env, world: { now: () => Date.now() + ahead } })
  const token = await createRetrieval(service)
  if (former === 'redeemed') await redeem(service, token)
  if (former === 'revoked') await service.call('DELETE', '/web-session-clients/pa_wam/retrieval')
  if (former === 'expired') ahead = 901_000
  return { ...service, calls: recordCalls(service.sandbox) }
}

const checkTooShort = (answers: Answer[], rule: string, what: string): void => {
  for (const answer of answers) {
    assert.deepEqual(rulesOf(answer), [422, 'validation_failed', `/overlapMinutes ${rule}`], what)
    const [{ value, detail, fix }] = answer.body.violations
    assert.ok(typeof value === 'number' && /seconds/.test(detail) && /at least \d+/.test(fix), what)
  }
}

test('201 and 422: the overlap is what was asked for, else what is configured where somebody has the secret, else 0', async t => {
  for (const [what, former, env, body, expected] of overlapCases) {
    const { calls, ...service } = await startOverlap(t, former, env)
    const planned = await rotate(service, { body, path: `${rotationsPath}?dryRun=true` })
    assert.deepEqual(writesOf(calls), [], what)
    const rotated = await rotate(service, { body })
    assert.deepEqual(overlapsOf(calls), typeof expected === 'string' ? [] : [expected], what)
    if (typeof expected === 'string') checkTooShort([planned, rotated], expected, what)
    else {
      assert.deepEqual([planned.status, rotated.status], [200, 201], what)
      const [overlap] = planned.body.settings
      assert.deepEqual([overlap.pointer, overlap.value], ['/overlapMinutes', expected], what)
      for (const { previousSecretEndsAt } of [planned.body, rotated.body])
        assert.equal(previousSecretEndsAt === null, expected === 0, what)
    }
    await service.stop()
  }
})

test('422 with every rule that is broken, and nothing is asked of PingFederate', async t => {
  const service = await startTestService(t, { env: { RETRIEVAL_TTL_MAX_SECONDS: '1000' } })
  const token = await createRetrieval(service)
  const calls = recordCalls(service.sandbox)
  const bodies: [unknown, ...string[]][] = [
    [{ overlapMinutes: -1 }, '/overlapMinutes minimum'],
    [{ overlapMinutes: 43_201 }, '/overlapMinutes maximum'],
    [{ overlapMinutes: 1.5, force: 'yes' }, '/force type', '/overlapMinutes type'],
    [{ overlapMinutes: null }, '/overlapMinutes type'],
    [{ overlapMinutes: '60' }, '/overlapMinutes type'],
    [{ retrieval: { ttlSeconds: 59 } }, '/retrieval/ttlSeconds minimum'],
    [{ retrieval: { ttlSeconds: 1_001 } }, '/retrieval/ttlSeconds retrieval_ttl_maximum'],
    [{ retrieval: { redeemableBy: 'bearer' } }, '/retrieval/redeemableBy bearer_redemption_disabled'],
    [
      { retrieval: { redeemableBy: 'all' }, clientId: 'pa_wam' },
      '/clientId known_names',
      '/retrieval/redeemableBy enum',
    ],
    [{ overlap: 60, secret: 'x' }, '/overlap known_names', '/secret known_names'],
    [null, ' type'],
    [[], ' type'],
    ['"x"', ' type'],
  ]
  for (const [body, ...rules] of bodies) {
    const answer = await rotate(service, { body: body === null ? 'null' : body })
    assert.deepEqual(rulesOf(answer), [422, 'validation_failed', ...rules], JSON.stringify(body))
  }
  const headers = { 'idempotency-key': 'short' }
  assert.deepEqual(rulesOf(await rotate(service, { headers, path: `${rotationsPath}?dryRun=x` })), [
    ...[422, 'validation_failed', '/dryRun type', '/idempotency-key idempotency_key'],
  ])
  assert.equal((await rotate(service, { body: '{' })).status, 400)
  assert.equal((await rotate(service, { body: '{"force":true,"force":false}' })).status, 422)
  assert.equal((await rotate(service, { body: '{}', headers: { 'content-type': 'text/plain' } })).status, 415)
  assert.deepEqual(calls, [])
  assert.equal((await redeem(service, token)).status, 200)
})

test('422 for each hostile client id in the path, and PingFederate hears of none', async t => {
  const service = await startTestService(t)
  const calls = recordCalls(service.sandbox)
  for (const clientId of ['a%20b', '..%2fversion', 'a%00', 'x'.repeat(65), '%C3%BC', 'a;b', '%25']) {
    const { status, body } = await rotate(service, {
      path: `/web-session-clients/${clientId}/secret-rotations`,
    })
    assert.deepEqual([status, body.code], [422, 'validation_failed'], clientId)
  }
  assert.deepEqual(calls, [])
})

test('403 with the rule where the policy refuses the hand-out, and what it allows is the default', async t => {
  const policy = {
    changeableBy: 'IAM team',
    defaults: {
      ...{ hosts: 'any', ports: 'any', contextRoots: 'any', scopes: 'any' },
      ...{ oidcPolicies: 'any', accessTokenManagers: 'any' },
      retrieval: { redeemableBy: ['requester'], ttlSeconds: { minimum: 60, maximum: 600 } },
    },
  }
  const service = await startTestService(t, { env: { POLICY_FILE: writePolicyFile(t, policy).path } })
  const created = await service.call('POST', '/web-session-clients', { body: smallest })
  assert.equal(created.status, 201, JSON.stringify(created.body))
  const body = { retrieval: { redeemableBy: 'team', ttlSeconds: 601 } }
  for (const path of [rotationsPath, `${rotationsPath}?dryRun=true`]) {
    const refused = await rotate(service, { body, path })
    assert.deepEqual(rulesOf(refused), [
      ...[403, 'not_allowed_by_policy'],
      ...['/retrieval/redeemableBy allowed_redeemers', '/retrieval/ttlSeconds retrieval_ttl_bounds'],
    ])
  }
  const planned = await rotate(service, { path: `${rotationsPath}?dryRun=true` })
  assert.deepEqual(
    planned.body.settings.map(({ pointer, value, source }: Record<string, unknown>) => [
      pointer,
      value,
      source,
    ]),
    [
      ['/overlapMinutes', 0, 'client'],
      ['/retrieval/ttlSeconds', 600, 'policy'],
      ['/retrieval/redeemableBy', 'requester', 'policy'],
    ],
  )
  const { status, body: rotated } = await rotate(service)
  assert.deepEqual([status, rotated.retrieval.redeemableBy], [201, 'requester'])
  const rules = readRows(
    service.databasePath,
    "select rule from audit_event where action = 'client.rotate' and outcome <> 'done'",
  )
  assert.deepEqual(
    new Set(rules.map(({ rule }) => rule)),
    new Set(['/defaults/retrieval/redeemableBy, /defaults/retrieval/ttlSeconds']),
  )
})

test('404 for another team’s client, in every word as for one that does not exist, and the secret stays', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const calls = recordCalls(service.sandbox)
  for (const query of ['', '?dryRun=true']) {
    const foreign = await rotate(service, { as: 'shop-pipeline', path: rotationsPath + query })
    const none = await rotate(service, {
      as: 'shop-pipeline',
      path: `/web-session-clients/none/secret-rotations${query}`,
    })
    assert.deepEqual([foreign.status, foreign.body.code], [404, 'client_not_found'])
    assert.deepEqual(withoutRequestId(foreign), withoutRequestId(none))
  }
  assert.deepEqual(calls, [])
  assert.equal((await redeem(service, token)).status, 200)
})

test('409 while another change holds the client, with a link to it, and the dry run says the same', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  const answering = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: { method: 'PUT', path: pingFederatePath },
    fault: { answerAfter: answering.promise },
  })
  const first = rotate(service)
  await struck
  for (const path of [rotationsPath, `${rotationsPath}?dryRun=true`]) {
    const { status, body } = await rotate(service, { path })
    assert.deepEqual([status, body.code], [409, 'operation_in_progress'])
    const operation = await service.call('GET', body.operation)
    assert.deepEqual([operation.body.kind, operation.body.state], ['rotate', 'intended'])
  }
  answering.resolve()
  assert.equal((await first).status, 201)
})

test('409 where two secrets are alive, unless forced: then the one before stays as it is', async t => {
  let ahead = 0
  const service = await startTestService(t, {
    sandbox: { now: () => new Date(Date.now() + ahead) },
    world: { now: () => Date.now() + ahead },
    env: { ROTATION_OVERLAP_MINUTES: '15' },
  })
  const first = await createInUse(service)
  const { body } = await rotate(service)
  const second = await secretOf(service, body.retrieval.token)
  const calls = recordCalls(service.sandbox)
  for (const path of [rotationsPath, `${rotationsPath}?dryRun=true`]) {
    const refused = await rotate(service, { path })
    assert.deepEqual([refused.status, refused.body.code], [409, 'previous_secret_alive'])
  }
  assert.deepEqual(writesOf(calls), [])
  const forced = await rotate(service, { body: { force: true } })
  assert.equal(forced.status, 201)
  const third = await secretOf(service, forced.body.retrieval.token)
  for (const secret of [first, second, third]) assert.equal(await logsIn(service, secret), true)
  ahead = 910_000
  assert.equal((await rotate(service)).status, 201, 'the overlap is over')
})

test('201 again under the same key: the same token without a word to PingFederate, and none once it is redeemed', async t => {
  const service = await startTestService(t)
  await createInUse(service)
  const headers = { 'idempotency-key': createKey() }
  const body = { overlapMinutes: 60 }
  const first = await rotate(service, { headers, body })
  const calls = recordCalls(service.sandbox)
  const second = await rotate(service, { headers, body })
  assert.deepEqual([second.status, second.headers.get('idempotent-replayed')], [201, 'true'])
  assert.deepEqual(second.body, first.body)
  assert.deepEqual(calls, [])
  await secretOf(service, second.body.retrieval.token)
  const third = await rotate(service, { headers, body })
  assert.deepEqual([third.body.retrieval.token, third.body.retrieval.state], [null, 'redeemed'])
  assert.deepEqual({ ...third.body, retrieval: null }, { ...first.body, retrieval: null })
})

test('422 for the same key with another body or for another client; a create under it is its own', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const headers = { 'idempotency-key': key }
  await createUnderKey(service, key)
  await createRetrieval(service, { clientId: 'other' })
  assert.equal((await rotate(service, { headers })).status, 201)
  for (const options of [
    { headers, body: { force: true } },
    { headers, path: '/web-session-clients/other/secret-rotations' },
  ]) {
    const { status, body } = await rotate(service, options)
    assert.deepEqual([status, body.code], [422, 'idempotency_key_reused'])
  }
  assert.equal((await rotate(service, { headers, body: {} })).headers.get('idempotent-replayed'), 'true')
  const created = await createUnderKey(service, key)
  assert.deepEqual([created.status, created.body.retrieval.token], [201, null])
})

test('201 repairs a token that has expired, was revoked, or whose answer got lost', async t => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const token = await createRetrieval(service)
  ahead = 901_000
  assert.equal((await redeem(service, token)).status, 410)
  const second = await rotate(service)
  await service.call('DELETE', '/web-session-clients/pa_wam/retrieval')
  assert.equal((await redeem(service, second.body.retrieval.token)).status, 410)
  const third = await rotate(service)
  assert.equal(await logsIn(service, await secretOf(service, third.body.retrieval.token)), true)
})

const startOn = async (t: TestContext, engine: string): Promise<TestService> =>
  startTestService(t, engine === 'PostgreSQL' ? { database: await server.createDatabase(t) } : {})

for (const engine of ['SQLite', 'PostgreSQL'])
  test(`on ${engine} of a redemption and a rotation at once: a secret that was handed out lives on, or it was not handed out`, async t => {
    const service = await startOn(t, engine)
    const calls = recordCalls(service.sandbox)
    const outcomes = new Set<string>()
    for (let round = 0; round < 12; round += 1) {
      const clientId = `client-${round}`
      const token = await createRetrieval(service, { clientId })
      calls.length = 0
      const [first, second] = [
        () => redeem(service, token),
        () => rotate(service, { path: `/web-session-clients/${clientId}/secret-rotations` }),
      ]
      // Each of them is the first to be sent as often as the other.
      const answers = await (round % 2 === 0
        ? Promise.all([first(), second()])
        : Promise.all([second(), first()]).then(([b, a]) => [a, b] as const))
      const [redeemed, rotated] = answers
      assert.equal(rotated?.status, 201)
      const isHandedOut = redeemed?.status === 200
      if (!isHandedOut) assert.ok([409, 410].includes(redeemed?.status ?? 0), JSON.stringify(redeemed?.body))
      assert.deepEqual(overlapsOf(calls), [isHandedOut ? 1_440 : 0])
      outcomes.add(isHandedOut ? 'handed out' : 'refused')
    }
    t.diagnostic([...outcomes].join(', '))
  })

test('201: what an administrator has set besides comes through as it was, with links that carry no location back', async t => {
  for (const sentLocations of ['ignored', 'refused'] as const) {
    const service = await startTestService(t)
    service.sandbox.pingFederate.settings.sentLocations = sentLocations
    await service.call('POST', '/web-session-clients', {
      body: { ...smallest, oidcPolicy: 'default', accessTokenManager: 'jwt', logout: 'pingaccess' },
    })
    const { body: read } = await callAdminApi(service.sandbox, 'GET', pingFederatePath)
    const { oidcPolicy, defaultAccessTokenManagerRef, ...others } = read
    const changed = await callAdminApi(service.sandbox, 'PUT', pingFederatePath, {
      ...others,
      ...{ logoUrl: 'https://example.com/logo.png', persistentGrantExpirationType: 'INDEFINITE_EXPIRY' },
      ...{ refreshRolling: 'ROLL', defaultAccessTokenManagerRef: { id: 'jwt' } },
      oidcPolicy: { ...oidcPolicy, policyGroup: {}, logoutUris: ['https://example.com/out'] },
    })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    const settingsOf = ({
      description,
      clientAuth,
      modificationDate,
      clientSecretChangedTime,
      ...kept
    }: Record<string, unknown>) => ({
      ...kept,
      clientSecretRetentionPeriodType: 0,
      clientSecretRetentionPeriod: 0,
    })
    const before = await callAdminApi(service.sandbox, 'GET', pingFederatePath)
    assert.equal((await rotate(service)).status, 201)
    const after = await callAdminApi(service.sandbox, 'GET', pingFederatePath)
    assert.deepEqual(settingsOf(after.body), settingsOf(before.body))
    await service.stop()
  }
})
