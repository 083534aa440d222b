import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { startTestService, withoutRequestId } from '../service.ts'
import { writesOf } from './requests.ts'
import { createInUse, endFormer as end, logsIn, rotate, secretOf, startWithFormer } from './rotations.ts'

for (const version of ['11.3.0.0', '12.1.0.4', '12.3.0.0', '13.1.0.1'])
  test(`204 with version ${version}: the former secret fails at once, the one in force logs in, and a new one may follow`, async t => {
    const service = await startWithFormer(t, { version })
    const { status, body } = await end(service)
    assert.deepEqual([status, body], [204, ''])
    assert.deepEqual(await service.logins(), [false, true])
    assert.equal(writesOf(service.calls).length, 1)
    assert.equal((await rotate(service)).status, 201)
  })

test('204 again, and where there is no former secret: without a call that changes anything', async t => {
  const service = await startWithFormer(t)
  assert.equal((await end(service)).status, 204)
  service.calls.length = 0
  assert.equal((await end(service, { as: 'portal' })).status, 204)
  assert.deepEqual(writesOf(service.calls), [])
  await createRetrieval(service, { clientId: 'other' })
  const other = await service.call('DELETE', '/web-session-clients/other/previous-secrets')
  assert.equal(other.status, 204)
})

test('204 leaves the outstanding token alone, and PingFederate’s client but for its secrets', async t => {
  const service = await startTestService(t)
  const former = await createInUse(service)
  const { body } = await rotate(service)
  const read = async () => {
    const { clientAuth, modificationDate, ...client } = (
      await callAdminApi(service.sandbox, 'GET', '/oauth/clients/pa_wam')
    ).body
    return client
  }
  const before = await read()
  assert.equal((await end(service)).status, 204)
  assert.deepEqual(await read(), before)
  const secret = await secretOf(service, body.retrieval.token)
  assert.deepEqual([await logsIn(service, former), await logsIn(service, secret)], [false, true])
})

test('404 for another team’s client, in every word as for one that does not exist, and nothing ends', async t => {
  const service = await startWithFormer(t)
  const foreign = await end(service, { as: 'shop-pipeline' })
  const none = await service.call('DELETE', '/web-session-clients/none/previous-secrets', {
    as: 'shop-pipeline',
  })
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'client_not_found'])
  assert.deepEqual(withoutRequestId(foreign), withoutRequestId(none))
  assert.deepEqual(service.calls, [])
  assert.deepEqual(await service.logins(), [true, true])
})

test('409 for a client that PingFederate lacks or somebody has marked otherwise, and nothing is sent', async t => {
  const service = await startWithFormer(t)
  const there = '/oauth/clients/pa_wam'
  const { body: client } = await callAdminApi(service.sandbox, 'GET', there)
  await callAdminApi(service.sandbox, 'PUT', there, { ...client, description: 'by hand' })
  service.calls.length = 0
  const marked = await end(service)
  assert.deepEqual([marked.status, marked.body.code], [409, 'client_drifted'])
  assert.deepEqual(writesOf(service.calls), [])
  await callAdminApi(service.sandbox, 'DELETE', there)
  const missing = await end(service)
  assert.deepEqual([missing.status, missing.body.code], [409, 'client_missing_in_pingfederate'])
})
