import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDisagreementGauge } from '../../src/metrics/disagreements.ts'
import { createMetricRegistry } from '../../src/metrics/registry.ts'
import { liveRows } from '../../src/web-sessions/live-agreement-schema.ts'
import type { Disagreements } from '../../src/web-sessions/sweep-agreement.ts'
import { parseExposition } from './exposition.ts'

test('nothing is known before the first walk; then each row has its number, 0 too', async () => {
  const registry = createMetricRegistry()
  const set = createDisagreementGauge(registry)
  const read = async () =>
    parseExposition(await registry.render()).samples.map(({ labels, value }) => [labels['row'], value])
  assert.deepEqual(await read(), [])
  const counted = Object.fromEntries(liveRows.map(row => [row, 0])) as Disagreements
  set({ ...counted, scopes: 2 })
  assert.deepEqual(
    await read(),
    liveRows.map(row => [row, row === 'scopes' ? 2 : 0]),
  )
})
