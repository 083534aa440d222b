import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { clientIds, createKey, createUnderKey, recordCalls, smallest, writesOf } from './requests.ts'

test('38: one client for fifty requests with one key at once: one answer, or "in progress"', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const calls = recordCalls(service.sandbox)
  const answers = await Promise.all(Array.from({ length: 50 }, () => createUnderKey(service, key)))
  const created = answers.filter(({ status }) => status === 201)
  assert.ok(created.length > 0)
  assert.equal(new Set(created.map(({ body }) => JSON.stringify(body))).size, 1)
  for (const { status, body, headers } of answers.filter(each => each.status !== 201)) {
    assert.deepEqual([status, body.code], [409, 'operation_in_progress'])
    assert.ok(Number(headers.get('retry-after')) > 0)
  }
  assert.equal(writesOf(calls).length, 1)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
  const again = await createUnderKey(service, key)
  assert.deepEqual(again.body, created[0]?.body)
  assert.equal((await redeem(service, again.body.retrieval.token)).status, 200)
})

test('one client for fifty requests with one key that begin again at once after a failed attempt', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const planned = service.sandbox.pingFederate.faults.always({
    match: { method: 'POST' },
    fault: { acts: false, answer: { kind: 'status', status: 503 } },
  })
  assert.equal((await createUnderKey(service, key)).status, 502)
  planned.remove()
  const answers = await Promise.all(Array.from({ length: 50 }, () => createUnderKey(service, key)))
  const created = answers.filter(({ status }) => status === 201)
  assert.equal(new Set(created.map(({ body }) => body.retrieval.token)).size, 1)
  for (const { status } of answers) assert.ok(status === 201 || status === 409)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
})

test('one client for fifty requests with fifty keys at once: one 201, the others 409', async t => {
  const service = await startTestService(t)
  const answers = await Promise.all(Array.from({ length: 50 }, () => createUnderKey(service, createKey())))
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [201, ...Array(49).fill(409)])
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
})

test('one of two bodies with one key at once: the other is refused or told to wait', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const bodies = [smallest, { ...smallest, clientId: 'other' }]
  const answers = await Promise.all(bodies.map(body => createUnderKey(service, key, { body })))
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [201, 422])
  assert.equal(clientIds(service.sandbox).length, 1)
})
