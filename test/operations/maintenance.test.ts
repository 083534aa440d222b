import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { startMaintenance } from '../../src/operations/maintenance.ts'
import { openSqliteStore } from '../database/stores.ts'

test('recovery comes at once and every ten seconds, a look for strays only once an hour', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const store = await openSqliteStore(t)
  let recoveries = 0
  let looks = 0
  const recover = async () => {
    recoveries += 1
  }
  const listClients = async () => {
    looks += 1
    return []
  }
  const { stop } = startMaintenance({
    recover,
    store,
    pingFederate: { listClients },
    log: pino({ enabled: false }),
    now: () => 0,
    metrics: createMetrics().journal,
  })
  assert.deepEqual([recoveries, looks], [1, 0])
  t.mock.timers.tick(3_599_999)
  assert.deepEqual([recoveries, looks], [360, 0])
  t.mock.timers.tick(1)
  assert.deepEqual([recoveries, looks], [361, 1])
  await stop()
})
