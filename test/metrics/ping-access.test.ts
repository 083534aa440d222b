import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPay, deliver, startDelivering } from '../web-sessions/delivered.ts'
import { readMetrics, sumOf } from './exposition.ts'

const calls = 'web_session_clients_pingaccess_calls_total'

test('calls to PingAccess are counted by method and how they ended, and what is not sent is none', async t => {
  const service = await startDelivering(t)
  await createPay(service)
  assert.equal((await deliver(service)).status, 201)
  const metrics = await readMetrics(service)
  assert.equal(sumOf(metrics, calls, { method: 'POST', outcome: 'ok' }), 1)
  assert.equal(sumOf(metrics, calls, { method: 'PUT' }), 0)
  const duration = 'web_session_clients_pingaccess_call_duration_seconds_count'
  assert.equal(sumOf(metrics, duration, { method: 'POST' }), 1)
  service.admin.break('GET', { kind: 'answer', status: 401, body: '{"flash":["no"],"form":{}}' })
  for (const _ of ['sent', 'left alone']) assert.equal((await deliver(service)).status, 502)
  assert.equal(sumOf(await readMetrics(service), calls, { outcome: 'credentials_refused' }), 1)
})
