import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPay, deliver, open, protect, startDelivering, webSessions } from '../web-sessions/delivered.ts'
import { createKey, recordCalls, writesOf } from './requests.ts'

test('201 again: a repetition is answered as the first time, whatever PingAccess says by now', async t => {
  const service = await startDelivering(t)
  const headers = { 'idempotency-key': createKey() }
  const first = await createPay(service, { webSession: {} }, { headers })
  assert.equal(first.status, 201)
  service.admin.break('GET', { kind: 'answer', status: 503, body: '' })
  const again = await createPay(service, { webSession: {} }, { headers })
  assert.deepEqual([again.status, again.body], [201, first.body])
})

test('201 again: a repetition makes no other secret after the client has been given one by a token', async t => {
  const service = await startDelivering(t)
  const headers = { 'idempotency-key': createKey() }
  const first = await createPay(service, { webSession: {} }, { headers })
  assert.equal(first.status, 201)
  const rotated = await service.call('POST', '/web-session-clients/pay/secret-rotations', {
    body: { retrieval: {} },
  })
  assert.equal(rotated.status, 201)
  const calls = recordCalls(service.sandbox)
  const again = await createPay(service, { webSession: {} }, { headers })
  assert.deepEqual([again.status, again.body], [201, first.body])
  assert.deepEqual(writesOf(calls), [])
  const { token } = rotated.body.retrieval
  assert.equal((await service.call('POST', '/secret-retrievals', { body: { token } })).status, 200)
})

test('201: a repetition completes a create whose delivery failed, and then answers as that', async t => {
  const service = await startDelivering(t)
  const headers = { 'idempotency-key': createKey() }
  service.admin.break('POST', { kind: 'answer', status: 422, body: '{"flash":["Save Failed."],"form":{}}' })
  const failed = await createPay(service, { webSession: {} }, { headers })
  assert.deepEqual([failed.status, failed.body.code], [502, 'delivery_failed'])
  const again = await createPay(service, { webSession: {} }, { headers })
  assert.equal(again.status, 201, JSON.stringify(again.body))
  await protect(service)
  assert.match(await open(service), /^Hello, Ana/)
  await deliver(service)
  assert.deepEqual((await createPay(service, { webSession: {} }, { headers })).body, again.body)
})

test('409 operation_in_progress, and not that it failed, while the first request delivers', async t => {
  const service = await startDelivering(t)
  const headers = { 'idempotency-key': createKey() }
  let meanwhile: Awaited<ReturnType<typeof createPay>> | undefined
  service.admin.break('POST', {
    kind: 'before',
    work: async () => {
      meanwhile = await createPay(service, { webSession: {} }, { headers })
    },
  })
  assert.equal((await createPay(service, { webSession: {} }, { headers })).status, 201)
  assert.deepEqual([meanwhile?.status, meanwhile?.body.code], [409, 'operation_in_progress'])
})

test('504 outcome_unknown, and not that it failed, where PingAccess does not answer', async t => {
  const service = await startDelivering(t)
  service.admin.break('POST', { kind: 'lost' })
  const unknown = await createPay(service, { webSession: {} })
  assert.deepEqual([unknown.status, unknown.body.code], [504, 'outcome_unknown'])
  assert.equal((await webSessions(service)).length, 1)
})

test('409 client_id_taken tells another team nothing of the web sessions of the client', async t => {
  const service = await startDelivering(t)
  await createPay(service)
  for (const name of ['one', 'two'])
    await service.administrator.send('POST', '/webSessions', {
      ...{ name, audience: name, failOnUnsupportedPreservationContentType: false },
      clientCredentials: { clientId: 'pay', clientSecret: { value: 'x' }, credentialsType: 'SECRET' },
    })
  const asked: string[] = []
  service.pingAccess.onExchange(({ method }) => asked.push(method))
  const { status, body } = await createPay(service, { webSession: { name: 'mine' } }, { as: 'shop-pipeline' })
  assert.deepEqual([status, body.code], [409, 'client_id_taken'])
  assert.deepEqual(asked, [])
})
