import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService, withoutRequestId } from '../service.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { abandonCreate } from './journal.ts'

const missing = '/operations/01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'

const latestOperation = ({ databasePath }: TestService): string =>
  `/operations/${readRows(databasePath, 'select operation_id from operation').at(-1)?.['operation_id']}`

test('200 done: what was changed, for which team and when', async t => {
  const service = await startTestService(t)
  await createUnderKey(service, createKey())
  const { status, body } = await service.call('GET', latestOperation(service))
  assert.equal(status, 200)
  const { operationId, createdAt, finishedAt, ...rest } = body
  assert.equal(`/operations/${operationId}`, latestOperation(service))
  assert.ok(Date.parse(createdAt) <= Date.parse(finishedAt))
  assert.deepEqual(rest, {
    kind: 'create',
    clientId: 'pa_wam',
    team: 'payments',
    state: 'done',
    failure: null,
  })
})

test('200 intended: begun, and not ended', async t => {
  const service = await startTestService(t)
  const { operation } = await abandonCreate(service, { acts: true })
  const { status, body } = await service.call('GET', operation)
  assert.deepEqual([status, body.state, body.failure, body.finishedAt], [200, 'intended', null, null])
})

test('200 failed: with the code that the request was answered', async t => {
  const service = await startTestService(t)
  const refused = await createUnderKey(service, createKey(), { body: { ...smallest, oidcPolicy: 'missing' } })
  const { status, body } = await service.call('GET', latestOperation(service))
  assert.deepEqual([status, body.state, body.failure], [200, 'failed', refused.body.code])
  assert.notEqual(body.finishedAt, null)
})

test('404 for another team’s operation, in every word as for one that does not exist', async t => {
  const service = await startTestService(t)
  const { operation } = await abandonCreate(service, { acts: true })
  const foreign = await service.call('GET', operation, { as: 'shop-pipeline' })
  const none = await service.call('GET', missing, { as: 'shop-pipeline' })
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'operation_not_found'])
  assert.deepEqual(withoutRequestId(foreign), withoutRequestId(none))
  assert.equal((await service.call('GET', operation, { as: 'portal' })).status, 200)
})

test('401, 403, 422: without a token, without the scope, and for what is no id', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline', scope: 'secrets:redeem' })
  assert.equal((await service.call('GET', missing, { as: null })).status, 401)
  assert.equal((await service.call('GET', missing, { token })).status, 403)
  for (const id of ['x', `${'0'.repeat(35)}`, `${'0'.repeat(37)}`, "' or 1=1 --"])
    assert.equal((await service.call('GET', `/operations/${encodeURIComponent(id)}`)).status, 422)
})
