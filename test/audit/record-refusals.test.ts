import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createRefusalRecord } from '../../src/audit/record-refusals.ts'
import type { Store } from '../../src/database/store.ts'
import { execute } from '../database/execute.ts'
import { openSqliteStore } from '../database/stores.ts'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { listRoutes } from '../openapi/routes.ts'
import { createRetrieval, lookUp, readRows, redeem, strangerToken } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService, withoutRequestId } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { audited } from './audited.ts'
import { actor } from './record.contract.ts'

const countEvents = async ({ db }: Store): Promise<number> =>
  (await db.selectFrom('audit_event').select('audit_event_id').execute()).length

/** What was recorded of attempts that came to nothing, oldest first, in the columns asked for. */
const readRefusals = ({ databasePath }: TestService, columns: string): unknown[][] =>
  readRows(
    databasePath,
    `select ${columns} from audit_event where outcome not in ('intended', 'done') order by audit_event_id`,
  ).map(row => Object.values(row))

const path = '/web-session-clients'

test('403 for want of a scope: who, through what, from where, for which client', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline', scope: 'secrets:redeem' })
  const { headers } = await service.call('GET', `${path}/pa_wam`, { token })
  const columns =
    'action, outcome, reason, subject, actor_client_id, teams, acting_parties, address, team, client_id, request_id'
  assert.deepEqual(readRefusals(service, columns), [
    [
      ...['client.read', 'refused', 'insufficient_scope', 'payments-pipeline', 'payments-pipeline'],
      ...['["payments"]', '[]', '127.0.0.1', 'payments', 'pa_wam', headers.get('x-request-id')],
    ],
  ])
})

test('403 for want of a scope is recorded of every route that needs one, whatever the query says', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline', scope: 'openid' })
  const routes = (await listRoutes()).filter(({ scope }) => scope !== undefined)
  for (const { method, at } of routes)
    for (const query of ['dryRun=true', 'dryRun=true&dryRun=true'])
      assert.equal((await service.call(method, `${at()}?${query}`, { token })).status, 403)
  const actions = readRefusals(service, 'action, reason')
  assert.equal(actions.length, 2 * routes.length)
  assert.equal(new Set(actions.map(([action]) => action)).size, routes.length)
  assert.deepEqual(new Set(actions.map(([, reason]) => reason)), new Set(['insufficient_scope']))
})

test('403, 404 and 409 for a dry run are not recorded: nothing was asked for', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  const dryRun = (options: Parameters<TestService['call']>[2], method = 'POST', client = '') =>
    service.call(method, `${path}${client}?dryRun=true`, options)
  assert.equal((await dryRun({ body: { ...smallest, team: 'shop' } })).status, 403)
  assert.equal((await dryRun({ body: smallest, as: 'shop-pipeline' })).status, 409)
  const headers = { 'if-match': '*' }
  for (const method of ['PATCH', 'PUT'])
    assert.equal(
      (await dryRun({ body: { ...smallest, clientId: undefined, team: 'shop' }, headers }, method, '/pa_wam'))
        .status,
      403,
    )
  assert.equal((await dryRun({ body: {}, headers }, 'PATCH', '/none')).status, 404)
  assert.deepEqual(readRefusals(service, 'action'), [])
})

test('403 for a team that is not theirs, and for having none, both with the client id that was wanted', async t => {
  const service = await startTestService(t)
  const body = { ...smallest, team: 'shop' }
  assert.equal((await service.call('POST', path, { body })).status, 403)
  assert.equal((await service.call('POST', path, { body: smallest, as: 'operator' })).status, 403)
  assert.deepEqual(readRefusals(service, 'action, reason, subject, team, client_id'), [
    ['client.create', 'team_not_yours', 'payments-pipeline', 'payments', 'pa_wam'],
    ['client.create', 'no_team', 'operator', null, 'pa_wam'],
  ])
})

test('404 for what is another team’s, recorded for its owner, and the same amount for what is not there', async t => {
  const service = await startTestService(t)
  const retrieval = await createRetrieval(service)
  const as = 'shop-pipeline'
  await service.call('GET', `${path}/pa_wam`, { as })
  await service.call('GET', `${path}/nobodys`, { as })
  await service.call('DELETE', `${path}/pa_wam/retrieval`, { as })
  await redeem(service, retrieval, { as })
  await redeem(service, strangerToken, { as })
  await lookUp(service, retrieval, { as })
  const [operation] = readRows(service.databasePath, 'select operation_id from operation')
  const operationId = String(operation?.['operation_id'])
  await service.call('GET', `/operations/${operationId}`, { as })
  assert.deepEqual(readRefusals(service, 'action, reason, team, client_id, operation_id'), [
    ['client.read', 'client_not_found', 'payments', 'pa_wam', null],
    ['client.read', 'client_not_found', null, 'nobodys', null],
    ['retrieval.revoke', 'client_not_found', 'payments', 'pa_wam', null],
    ['secret.redeem', 'retrieval_not_found', 'payments', 'pa_wam', null],
    ['secret.redeem', 'retrieval_not_found', null, null, null],
    ['retrieval.look-up', 'retrieval_not_found', 'payments', 'pa_wam', null],
    ['operation.read', 'operation_not_found', 'payments', 'pa_wam', operationId],
  ])
})

test('409 for another team’s client id is recorded for its owner, for one’s own it is not', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  assert.equal((await service.call('POST', path, { body: smallest, as: 'shop-pipeline' })).status, 409)
  assert.equal((await service.call('POST', path, { body: smallest })).status, 409)
  assert.deepEqual(readRefusals(service, 'subject, reason, team'), [
    ['shop-pipeline', 'client_id_taken', 'payments'],
  ])
})

test('410 within ten seconds for who redeemed it is a retry; for others, and later, it is reuse', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const token = await createRetrieval(service)
  await redeem(service, token)
  now += 10_000
  assert.equal((await redeem(service, token)).status, 410)
  assert.equal((await redeem(service, token, { as: 'portal' })).status, 410)
  now += 1
  assert.equal((await redeem(service, token)).status, 410)
  assert.deepEqual(readRefusals(service, 'outcome, reason, subject, client_id'), [
    ['retried', 'retrieval_redeemed', 'payments-pipeline', 'pa_wam'],
    ['reused', 'retrieval_redeemed', 'portal', 'pa_wam'],
    ['reused', 'retrieval_redeemed', 'payments-pipeline', 'pa_wam'],
  ])
  const metrics = await readMetrics(service)
  const count = (outcome: string) => sumOf(metrics, 'web_session_clients_audit_events_total', { outcome })
  assert.deepEqual(['done', 'retried', 'reused', 'refused'].map(count), [2, 1, 2, 0])
})

test('404 for who may not redeem a token is reuse once its secret was redeemed, and answered as ever', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const as = 'shop-pipeline'
  const before = await redeem(service, token, { as })
  await redeem(service, token)
  const after = await redeem(service, token, { as })
  assert.equal((await lookUp(service, token, { as })).status, 404)
  assert.deepEqual(withoutRequestId(after), withoutRequestId(before))
  assert.deepEqual(readRefusals(service, 'action, outcome, reason, subject, team, client_id'), [
    ['secret.redeem', 'refused', 'retrieval_not_found', as, 'payments', 'pa_wam'],
    ['secret.redeem', 'reused', 'retrieval_not_found', as, 'payments', 'pa_wam'],
    ['retrieval.look-up', 'reused', 'retrieval_not_found', as, 'payments', 'pa_wam'],
  ])
  const labels = { action: 'secret.redeem', outcome: 'reused' }
  assert.equal(sumOf(await readMetrics(service), 'web_session_clients_audit_events_total', labels), 1)
})

test('410 for a token that has expired or was revoked', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const revoked = await createRetrieval(service)
  await service.call('DELETE', `${path}/pa_wam/retrieval`)
  await redeem(service, revoked)
  const expired = await createRetrieval(service, { clientId: 'other' })
  now += 1_000_000
  await redeem(service, expired)
  await redeem(service, expired)
  assert.deepEqual(readRefusals(service, 'outcome, reason, client_id'), [
    ['refused', 'retrieval_revoked', 'pa_wam'],
    ['refused', 'retrieval_expired', 'other'],
    ['refused', 'retrieval_expired', 'other'],
  ])
})

test('429 for too many tokens that are not the caller’s is recorded, once a minute for each caller', async t => {
  let now = Date.now()
  const service = await startTestService(t, {
    env: { RATE_LIMIT_UNKNOWN_TOKENS: '1' },
    world: { now: () => now },
  })
  const guess = async (as: 'shop-pipeline' | 'portal') =>
    (await redeem(service, strangerToken, { as })).status
  for (const as of ['shop-pipeline', 'portal'] as const) {
    assert.equal(await guess(as), 404)
    for (let again = 0; again < 3; again += 1) assert.equal(await guess(as), 429)
  }
  now += 60_000
  assert.equal(await guess('shop-pipeline'), 404)
  for (let again = 0; again < 3; again += 1) assert.equal(await guess('shop-pipeline'), 429)
  const shop = ['secret.redeem', 'refused', 'rate_limited', 'shop-pipeline', 'shop']
  const portal = ['secret.redeem', 'refused', 'rate_limited', 'portal', null]
  assert.deepEqual(
    readRefusals(service, 'action, outcome, reason, subject, team').filter(row =>
      row.includes('rate_limited'),
    ),
    [shop, portal, shop],
  )
})

test('429 for anything else is not recorded', async t => {
  const now = Date.now()
  const service = await startTestService(t, {
    env: { RATE_LIMIT_PER_CALLER: '1' },
    world: { now: () => now },
  })
  for (const status of [404, 429, 429]) assert.equal((await redeem(service, strangerToken)).status, status)
  assert.deepEqual(readRefusals(service, 'reason'), [['retrieval_not_found']])
})

test('401, 404 for a wrong address and 422 are not recorded: nobody is known, or nothing was forbidden', async t => {
  const service = await startTestService(t)
  await service.call('GET', path, { as: null })
  await service.call('GET', path, { token: 'a.b.c' })
  await service.call('GET', '/nothing')
  await service.call('POST', path, { body: {} })
  assert.deepEqual(readRefusals(service, 'reason'), [])
})

test('what was sent as an id is recorded only where it can be one, and cannot be a secret', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline', scope: 'secrets:redeem' })
  const secret = randomBytes(32).toString('hex')
  // As this service makes them, with separators so near each other that no run is long.
  const separated = 'Zk3-9fQ_aX7-pL2_mN8-cV5_bR1-tY6_wH4-jD0_gS8'
  const others = ['wscrt_abc', '_wscrt_abc', '%00', 'a'.repeat(65), '%F0%9F%98%80', '..%2F']
  for (const id of [...others, secret, separated])
    assert.equal((await service.call('GET', `${path}/${id}`, { token })).status, 403)
  assert.deepEqual(readRefusals(service, 'client_id'), Array(8).fill([null]))
  for (const each of [secret, separated]) assert.ok(!service.logLines.join('').includes(each))
})

test('403 and 404 with the id that was sent, however long, where it is one of words', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline', scope: 'secrets:redeem' })
  const ids = [
    'payments-portal-production-eu',
    'PaymentsPortal.Production_eu-west',
    '0194f2a1-5988-70f7-8cbf-8f140e7c00fc',
  ]
  for (const id of ids) {
    assert.equal((await service.call('GET', `${path}/${id}`, { token })).status, 403)
    assert.equal((await service.call('GET', `${path}/${id}`)).status, 404)
  }
  const wanted = 'a'.repeat(64)
  const body = { ...smallest, clientId: wanted, team: 'shop' }
  assert.equal((await service.call('POST', path, { body })).status, 403)
  const own = { ...smallest, clientId: wanted }
  assert.equal((await service.call('POST', path, { body: own, as: 'operator' })).status, 403)
  const recorded = readRefusals(service, 'client_id').flat()
  assert.deepEqual(recorded, [...ids.flatMap(id => [id, id]), wanted, wanted])
})

test('404 for 60 at once, and every one of them is recorded', async t => {
  const service = await startTestService(t)
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => service.call('GET', `${path}/client-${index}`)),
  )
  assert.ok(answers.every(({ status }) => status === 404))
  const ids = readRefusals(service, 'client_id').flat().toSorted()
  assert.deepEqual(ids, Array.from({ length: 60 }, (_, index) => `client-${index}`).toSorted())
})

test('refusals that come while others are written share the next transaction, and its failure', async t => {
  const store = await openSqliteStore(t)
  const sizes: number[] = []
  let isBroken = false
  const write: Store['write'] = async (work, options) => {
    assert.deepEqual(options, { durable: false })
    if (isBroken) throw new Error('no')
    const before = await countEvents(store)
    const result = await store.write(work, options)
    sizes.push((await countEvents(store)) - before)
    return result
  }
  const record = createRefusalRecord(audited({ ...store, write }))
  const refuse = () => record({ actor, details: { action: 'client.read', outcome: 'refused' } })
  await Promise.all([refuse(), refuse(), setImmediate().then(() => Promise.all([refuse(), refuse()]))])
  assert.equal(
    sizes.reduce((sum, size) => sum + size),
    4,
  )
  assert.ok(sizes.length < 4)
  isBroken = true
  const failed = await Promise.allSettled([refuse(), refuse()])
  assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  isBroken = false
  await refuse()
  assert.equal(await countEvents(store), 5)
})

test('404 as ever while no event can be written, and the log tells', async t => {
  const service = await startTestService(t)
  const database = service.env['DATABASE_URL'] ?? ''
  await execute(
    database,
    "create trigger broken before insert on audit_event begin select raise(abort, 'no'); end",
  )
  const { status, body, headers } = await service.call('GET', `${path}/pa_wam`)
  assert.deepEqual([status, body.code], [404, 'client_not_found'])
  const line = service.logLines.find(each => each.includes('a refused attempt could not be recorded'))
  assert.equal(JSON.parse(line ?? '{}').reqId, headers.get('x-request-id'))
  await execute(database, 'drop trigger broken')
  await service.call('GET', `${path}/pa_wam`)
  assert.deepEqual(readRefusals(service, 'reason'), [['client_not_found']])
})
