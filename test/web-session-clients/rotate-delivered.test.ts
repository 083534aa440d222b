import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPay, deliver, startDelivered, startDelivering } from '../web-sessions/delivered.ts'
import { createKey, recordCalls, writesOf } from './requests.ts'

const path = '/web-session-clients/pay/secret-rotations'

test('201 again: a rotation by a token is answered as the first time after the client was delivered', async t => {
  const service = await startDelivering(t)
  await createPay(service)
  const headers = { 'idempotency-key': createKey() }
  const body = { force: true }
  const first = await service.call('POST', path, { body, headers })
  assert.equal(first.status, 201)
  assert.equal((await deliver(service)).status, 201)
  const calls = recordCalls(service.sandbox)
  const again = await service.call('POST', path, { body, headers })
  assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [201, 'true'])
  assert.equal(again.body.retrieval?.state, 'revoked', JSON.stringify(again.body))
  assert.deepEqual(writesOf(calls), [])
})

test('201 again: a rotation into PingAccess is answered as the first time after a token was asked for', async t => {
  const service = await startDelivered(t)
  const headers = { 'idempotency-key': createKey() }
  const body = { force: true }
  const first = await service.call('POST', path, { body, headers })
  assert.deepEqual([first.status, first.body.retrieval], [201, null])
  assert.equal((await service.call('POST', path, { body: { ...body, retrieval: {} } })).status, 201)
  const calls = recordCalls(service.sandbox)
  const again = await service.call('POST', path, { body, headers })
  assert.deepEqual([again.status, again.body], [201, first.body])
  assert.deepEqual(writesOf(calls), [])
})
