import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../src/sandbox/pingfederate/faults.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService, type TestService, withoutRequestId } from '../service.ts'
import { clientIds, createKey, createUnderKey, recordCalls, smallest } from './requests.ts'

const post = { method: 'POST', path: '/oauth/clients' }
const lost = { kind: 'drop' } as const
const failing = { kind: 'status', status: 503 } as const
const hourMs = 3_600_000

/** The service with a clock that can be put forward. */
const startWithClock = async (t: Parameters<typeof startTestService>[0]) => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const outliveLease = () => {
    ahead += hourMs / 10
  }
  return { ...service, outliveLease }
}

/** After the lost answer of a create nobody can be asked, so that its outcome is left open. */
const leaveOpen = async (service: TestService, key: string, fault: Pick<Fault, 'acts'>): Promise<Answer> => {
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: post, fault: { ...fault, answer: lost } })
  faults.next({ match: { method: 'GET' }, fault: { answer: failing } })
  const open = await createUnderKey(service, key)
  assert.deepEqual([open.status, open.body.code], [504, 'outcome_unknown'])
  return open
}

test('18: 422 again in the same words after a refusal by PingFederate, which is not asked a second time', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const body = { ...smallest, oidcPolicy: 'missing' }
  const first = await createUnderKey(service, key, { body })
  assert.deepEqual([first.status, first.body.code], [422, 'refused_by_pingfederate'])
  assert.equal(first.headers.get('idempotent-replayed'), null)
  const calls = recordCalls(service.sandbox)
  const second = await createUnderKey(service, key, { body })
  assert.deepEqual(withoutRequestId(second), withoutRequestId(first))
  assert.equal(second.headers.get('idempotent-replayed'), 'true')
  assert.deepEqual(calls, [])
  const corrected = await createUnderKey(service, key)
  assert.equal(corrected.body.code, 'idempotency_key_reused')
  assert.equal((await createUnderKey(service, createKey())).status, 201)
})

test('18: 504, not a refusal to be repeated, when nobody can be asked what PingFederate refused; then 201 under the same key', async t => {
  const service = await startWithClock(t)
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: post, fault: { acts: false, answer: { kind: 'status', status: 422 } } })
  faults.next({ match: { method: 'GET' }, fault: { answer: failing } })
  const key = createKey()
  const open = await createUnderKey(service, key)
  assert.deepEqual([open.status, open.body.code], [504, 'outcome_unknown'])
  service.outliveLease()
  assert.equal((await createUnderKey(service, key)).status, 201)
})

test('20: 409 again after PingFederate had somebody else’s client, which is not looked at a second time', async t => {
  const service = await startTestService(t)
  await callAdminApi(service.sandbox, 'POST', '/oauth/clients', paWam)
  const key = createKey()
  const first = await createUnderKey(service, key)
  assert.deepEqual([first.status, first.body.code], [409, 'client_exists_in_pingfederate'])
  const calls = recordCalls(service.sandbox)
  assert.deepEqual(withoutRequestId(await createUnderKey(service, key)), withoutRequestId(first))
  assert.deepEqual(calls, [])
})

const passing: [string, NonNullable<Fault['answer']>][] = [
  ['503', failing],
  ['429', { kind: 'status', status: 429 }],
  ['401', { kind: 'status', status: 401 }],
  ['a lost answer', lost],
  ['a page of a proxy', { kind: 'html' }],
]
for (const [what, answer] of passing) {
  test(`201 under the same key after an attempt that failed with ${what}`, async t => {
    const service = await startWithClock(t)
    const key = createKey()
    const planned = service.sandbox.pingFederate.faults.always({
      match: post,
      fault: { acts: false, answer },
    })
    const failed = await createUnderKey(service, key)
    assert.ok(failed.status >= 502)
    planned.remove()
    const other = await createUnderKey(service, key, { body: { ...smallest, clientId: 'other' } })
    assert.equal(other.body.code, 'idempotency_key_reused')
    // Behind the pause that PingFederate is given after a 401 or 429.
    service.outliveLease()
    const created = await createUnderKey(service, key)
    assert.equal(created.status, 201)
    const again = await createUnderKey(service, key)
    assert.deepEqual(again.body, created.body)
    assert.equal((await redeem(service, again.body.retrieval.token)).status, 200)
    assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
  })
}

test('201 with a working token after an unknown outcome that did make the client, and no second POST', async t => {
  const service = await startWithClock(t)
  const key = createKey()
  await leaveOpen(service, key, { acts: true })
  service.outliveLease()
  const calls = recordCalls(service.sandbox)
  const settled = await createUnderKey(service, key)
  assert.equal(settled.status, 201)
  assert.deepEqual(
    calls.filter(({ method }) => method !== 'GET'),
    [],
  )
  assert.equal((await redeem(service, settled.body.retrieval.token)).status, 200)
})

test('201 from a new attempt after an unknown outcome that made nothing', async t => {
  const service = await startWithClock(t)
  const key = createKey()
  await leaveOpen(service, key, { acts: false })
  service.outliveLease()
  const settled = await createUnderKey(service, key)
  assert.equal(settled.status, 201)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
  assert.equal((await redeem(service, settled.body.retrieval.token)).status, 200)
})

test('409 until the time in the Retry-After of an unknown outcome is over, and 201 from then on', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const key = createKey()
  const open = await leaveOpen(service, key, { acts: true })
  assert.equal(open.headers.get('retry-after'), '10')
  now += 9_999
  assert.equal((await createUnderKey(service, key)).body.code, 'operation_in_progress')
  now += 1
  assert.equal((await createUnderKey(service, key)).status, 201)
})

test('504 names the operation that is open, also when a repetition cannot settle it', async t => {
  const service = await startWithClock(t)
  const key = createKey()
  const open = await leaveOpen(service, key, { acts: true })
  service.outliveLease()
  service.sandbox.pingFederate.faults.next({ match: { method: 'GET' }, fault: { answer: failing } })
  const again = await createUnderKey(service, key)
  assert.deepEqual([again.status, again.body.code], [504, 'outcome_unknown'])
  assert.equal(again.body.operation, open.body.operation)
  assert.equal((await service.call('GET', again.body.operation)).body.state, 'intended')
})

test('409 under the key of a failed attempt when the team has made the client without it meanwhile', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const { faults } = service.sandbox.pingFederate
  const planned = faults.always({ match: post, fault: { acts: false, answer: failing } })
  assert.equal((await createUnderKey(service, key)).status, 502)
  planned.remove()
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
  const { status, body } = await createUnderKey(service, key)
  assert.deepEqual([status, body.code], [409, 'client_id_taken'])
})

test('409 names an operation that can be read, when another request holds the client id', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const { faults } = service.sandbox.pingFederate
  const planned = faults.always({ match: post, fault: { acts: false, answer: failing } })
  assert.equal((await createUnderKey(service, key)).status, 502)
  planned.remove()
  const answering = Promise.withResolvers<void>()
  const { struck } = faults.next({ match: post, fault: { answerAfter: answering.promise } })
  const other = service.call('POST', '/web-session-clients', { body: smallest })
  await struck
  const { status, body } = await createUnderKey(service, key)
  assert.deepEqual([status, body.code], [409, 'operation_in_progress'])
  assert.equal((await service.call('GET', body.operation)).body.state, 'intended')
  answering.resolve()
  assert.equal((await other).status, 201)
})
