import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { parseExposition, sumOf } from './exposition.ts'

const read = async ({ exposition }: ReturnType<typeof createMetrics>) =>
  parseExposition(await exposition.render())

test('two services in one process count apart', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.countProblem('overloaded')
  const code = { code: 'overloaded' }
  assert.equal(sumOf(await read(one), 'web_session_clients_problems_total', code), 1)
  assert.equal(sumOf(await read(other), 'web_session_clients_problems_total', code), 0)
})

test('what recovery last saw of the journal stands until it sees something else', async () => {
  const metrics = createMetrics()
  const name = 'web_session_clients_operations_abandoned'
  assert.equal(sumOf(await read(metrics), name), undefined)
  metrics.journal.setOpen({ open: 3, abandoned: 2, lagSeconds: 90 })
  assert.equal(sumOf(await read(metrics), name), 2)
  assert.equal(sumOf(await read(metrics), 'web_session_clients_recovery_lag_seconds'), 90)
  metrics.journal.setOpen({ open: 0, abandoned: 0, lagSeconds: 0 })
  assert.equal(sumOf(await read(metrics), name), 0)
})

test('a round of upkeep that fails counts under its name', async () => {
  const metrics = createMetrics()
  metrics.journal.failed('sweep')
  const failures = 'web_session_clients_maintenance_failures_total'
  assert.equal(sumOf(await read(metrics), failures, { task: 'sweep' }), 1)
  assert.equal(sumOf(await read(metrics), failures, { task: 'recovery' }), 0)
})

test('files of credentials that changed count by whether they could be used', async () => {
  const metrics = createMetrics()
  metrics.countReread(true)
  metrics.countReread(false)
  metrics.countReread(false)
  const rereads = 'web_session_clients_credential_rereads_total'
  assert.equal(sumOf(await read(metrics), rereads, { outcome: 'in_use' }), 1)
  assert.equal(sumOf(await read(metrics), rereads, { outcome: 'unusable' }), 2)
})
