import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClientGauges } from '../../src/metrics/clients.ts'
import { createMetricRegistry } from '../../src/metrics/registry.ts'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { parseExposition, readMetrics, sumOf } from './exposition.ts'

const names = ['secrets_unredeemed', 'rotations_unredeemed', 'secrets_old'] as const

test('what was counted last is told, and nothing before anything was', async () => {
  const registry = createMetricRegistry()
  const set = createClientGauges(registry)
  const read = async () => parseExposition(await registry.render())
  assert.deepEqual((await read()).samples, [])
  set({
    ...{ expiredUnredeemed: 1, endingUnredeemed: 2, oldSecrets: 3 },
    byStatus: { ready: 4, replicating: 5, failed: 6, disabled: 7 },
  })
  const metrics = await read()
  assert.deepEqual(
    names.map(name => sumOf(metrics, `web_session_clients_${name}`)),
    [1, 2, 3],
  )
  assert.deepEqual(
    ['ready', 'replicating', 'failed', 'disabled'].map(status =>
      sumOf(metrics, 'web_session_clients_clients', { status }),
    ),
    [4, 5, 6, 7],
  )
})

test('the clients are counted when the service starts, and no label names one', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  let metrics = await readMetrics(service)
  while (sumOf(metrics, 'web_session_clients_clients') === undefined) metrics = await readMetrics(service)
  assert.equal(sumOf(metrics, 'web_session_clients_secrets_unredeemed'), 0)
  assert.ok(metrics.samples.every(({ labels }) => !Object.values(labels).includes(smallest.clientId)))
})
