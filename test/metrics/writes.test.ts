import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { readMetrics, sumOf } from './exposition.ts'

test('writes count by how they end, and none is pending when all have', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  await redeem(service, token)
  assert.equal((await redeem(service, token)).status, 410)
  const metrics = await readMetrics(service)
  const writes = 'web_session_clients_database_writes_total'
  assert.ok((sumOf(metrics, writes, { outcome: 'committed' }) ?? 0) >= 3)
  assert.ok((sumOf(metrics, writes, { outcome: 'rolled_back' }) ?? 0) >= 1)
  assert.equal(sumOf(metrics, writes, { outcome: 'unavailable' }), 0)
  const ended = sumOf(metrics, writes)
  assert.equal(sumOf(metrics, 'web_session_clients_database_write_duration_seconds_count'), ended)
  assert.equal(sumOf(metrics, 'web_session_clients_database_writes_pending'), 0)
})

test('transactions that were undone are there from the start, by why', async t => {
  const metrics = await readMetrics(await startTestService(t))
  const undone = 'web_session_clients_database_batches_undone_total'
  for (const reason of ['refusal', 'lock', 'schema', 'statement'])
    assert.equal(sumOf(metrics, undone, { reason }), 0)
})
