import assert from 'node:assert/strict'
import { test } from 'node:test'
import { execute } from '../database/execute.ts'
import { example, writePolicyFile } from '../policy/files.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService } from '../service.ts'
import { fullest, smallest } from './requests.ts'
import { createInUse, rotate } from './rotations.ts'

test('200: what was answered at its creation, the tag, and the retrieval without its token', async t => {
  const { call } = await startTestService(t)
  const created = await call('POST', '/web-session-clients', { body: fullest })
  const { status, body, headers } = await call('GET', '/web-session-clients/pay-portal')
  assert.equal(status, 200)
  assert.equal(headers.get('etag'), created.headers.get('etag'))
  assert.equal(headers.get('cache-control'), 'no-store')
  const { retrieval, secretChangedAt, previousSecretEndsAt, secretDueAt, ...client } = body
  const { retrieval: issued, ...expected } = created.body
  assert.deepEqual(client, expected)
  assert.ok(secretChangedAt >= body.createdAt && secretChangedAt <= new Date().toISOString())
  assert.equal(previousSecretEndsAt, null)
  assert.equal(secretDueAt, null)
  assert.deepEqual(retrieval, {
    state: 'outstanding',
    expiresAt: issued.expiresAt,
    redeemableBy: 'requester',
    redeemedAt: null,
    redeemedBy: null,
  })
})

test('200 follows the retrieval: redeemed by whom, or expired', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const { body } = await service.call('POST', '/web-session-clients', { body: smallest })
  await service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'other' } })
  const redeemed = await redeem(service, body.retrieval.token, { as: 'portal' })
  now += 900_000
  const first = await service.call('GET', '/web-session-clients/pa_wam')
  assert.equal(first.body.retrieval.state, 'redeemed')
  assert.equal(first.body.retrieval.redeemedBy, 'portal')
  assert.equal(first.body.retrieval.redeemedAt, redeemed.body.redeemedAt)
  const second = await service.call('GET', '/web-session-clients/other')
  assert.equal(second.body.retrieval.state, 'expired')
})

test('200 follows the secret: when it was changed, and until when a former one works', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  await createInUse(service)
  const read = async () => (await service.call('GET', '/web-session-clients/pa_wam')).body
  const created = await read()
  now += 60_000
  const rotated = await rotate(service)
  const during = await read()
  assert.equal(Date.parse(during.secretChangedAt) - Date.parse(created.secretChangedAt), 60_000)
  assert.equal(during.previousSecretEndsAt, rotated.body.previousSecretEndsAt)
  assert.deepEqual([during.retrieval.state, during.retrieval.redeemedBy], ['outstanding', null])
  const path = '/web-session-clients/pa_wam/previous-secrets'
  assert.equal((await service.call('DELETE', path)).status, 204)
  assert.equal((await read()).previousSecretEndsAt, null)
  const again = await rotate(service, { body: { overlapMinutes: 15 } })
  assert.equal((await read()).previousSecretEndsAt, again.body.previousSecretEndsAt)
  now += 900_000
  assert.equal((await read()).previousSecretEndsAt, null)
})

/** Without what differs between any two answers: its id, its time, and what is left of a limit that fills up with time. */
const withoutRequestId = ({ status, headers, body: { instance, ...body } }: Answer) => ({
  status,
  body,
  fields: [...headers].filter(([name]) => !['x-request-id', 'date', 'ratelimit-remaining'].includes(name)),
})

test('404 for another team’s client, byte by byte the answer for one that does not exist', async t => {
  const { call } = await startTestService(t)
  await call('POST', '/web-session-clients', { body: smallest })
  for (const as of ['shop-pipeline', 'auditor'] as const) {
    const foreign = await call('GET', '/web-session-clients/pa_wam', { as })
    const missing = await call('GET', '/web-session-clients/pa_wan', { as })
    assert.equal(foreign.status, 404)
    assert.equal(foreign.body.code, 'client_not_found')
    assert.deepEqual(withoutRequestId(foreign), withoutRequestId(missing))
  }
})

test('200 for a member of several teams; client ids are told apart by case', async t => {
  const { call } = await startTestService(t)
  await call('POST', '/web-session-clients', { body: smallest })
  assert.equal((await call('GET', '/web-session-clients/pa_wam', { as: 'portal' })).status, 200)
  assert.equal((await call('GET', '/web-session-clients/PA_WAM', { as: 'portal' })).status, 404)
})

test('403 without web-session-clients:read', async t => {
  const { call, sandbox } = await startTestService(t)
  const token = await sandbox.accessToken({
    service: 'payments-pipeline',
    scope: 'web-session-clients:write',
  })
  const { status, headers } = await call('GET', '/web-session-clients/pa_wam', { token })
  assert.equal(status, 403)
  assert.match(String(headers.get('www-authenticate')), /scope="web-session-clients:read"/)
})

test('422 for what no client id can be, with the place in the path', async t => {
  const { call } = await startTestService(t)
  for (const id of ['.hidden', 'a%20b', 'a%2Fb', '%00', "a'--", 'é']) {
    const { status, body } = await call('GET', `/web-session-clients/${id}`)
    assert.equal(status, 422, id)
    assert.deepEqual([body.violations[0].in, body.violations[0].pointer], ['path', '/clientId'])
  }
})

test('200: when the secret is due for a new one by the policy of the team, and nothing refused once it is', async t => {
  const policy = { ...example, defaults: { ...example.defaults, secretMaxAgeDays: 30 } }
  const service = await startTestService(t, { env: { POLICY_FILE: writePolicyFile(t, policy).path } })
  await service.call('POST', '/web-session-clients', { body: smallest })
  await execute(
    `sqlite:${service.databasePath}`,
    "update retrieval set created_at = '2020-01-01T00:00:00.000Z'",
  )
  const { status, body } = await service.call('GET', '/web-session-clients/pa_wam')
  assert.deepEqual([status, body.secretDueAt], [200, '2020-01-31T00:00:00.000Z'])
})
