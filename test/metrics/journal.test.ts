import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { mark } from '../web-session-clients/drifts.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { readMetrics, sumOf } from './exposition.ts'

const events = 'web_session_clients_audit_events_total'

test('operations and tokens count by how they end: begun, done, failed; issued, redeemed, revoked', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  await redeem(service, token)
  const other = { ...smallest, clientId: 'other' }
  await service.call('POST', '/web-session-clients', { body: other })
  await service.call('DELETE', '/web-session-clients/other/retrieval')
  const answer = {
    kind: 'status',
    status: 422,
    body: { resultId: 'validation_error', message: 'no' },
  } as const
  const match = { method: 'POST', path: '/oauth/clients' }
  service.sandbox.pingFederate.faults.next({ match, fault: { acts: false, answer } })
  await service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'refused' } })
  const metrics = await readMetrics(service)
  const count = (action: string, outcome: string) => sumOf(metrics, events, { action, outcome })
  assert.deepEqual(
    ['intended', 'done', 'failed'].map(outcome => count('client.create', outcome)),
    [3, 2, 1],
  )
  assert.equal(count('secret.redeem', 'done'), 1)
  assert.equal(count('retrieval.revoke', 'done'), 1)
  assert.equal(sumOf(metrics, 'web_session_clients_audit_failures_total'), 0)
})

test('recovery and sweep tell when they ran last, and what they left', async t => {
  const service = await startTestService(t)
  const last = 'web_session_clients_maintenance_last_success_timestamp_seconds'
  const read = async () => {
    const metrics = await readMetrics(service)
    return { metrics, times: ['recovery', 'sweep'].map(task => sumOf(metrics, last, { task })) }
  }
  let { metrics, times } = await read()
  while (times.includes(undefined)) ({ metrics, times } = await read())
  for (const time of times) assert.ok(Math.abs(Date.now() / 1000 - (time ?? 0)) < 60)
  for (const name of ['operations_open', 'operations_abandoned', 'recovery_lag_seconds'])
    assert.equal(sumOf(metrics, `web_session_clients_${name}`), 0)
  assert.equal(sumOf(metrics, 'web_session_clients_maintenance_failures_total'), 0)
})

test('clients count by how they have drifted, from the start on', async t => {
  const before = await startTestService(t)
  for (const clientId of ['gone', 'off', 'other'])
    await before.call('POST', '/web-session-clients', { body: { ...smallest, clientId } })
  await before.stop()
  await mark(before, 'missing', '2026-01-02T00:00:00.000Z', 'gone')
  await mark(before, 'reenabled', '2026-01-02T00:00:00.000Z', 'off')
  const service = await startTestService(t, { after: before })
  const read = async () => {
    const metrics = await readMetrics(service)
    return ['changed', 'reenabled', 'missing', 'foreign'].map(state =>
      sumOf(metrics, 'web_session_clients_clients_drifted', { state }),
    )
  }
  let counts = await read()
  while (counts.includes(undefined)) counts = await read()
  assert.deepEqual(counts, [0, 1, 1, 0])
})
