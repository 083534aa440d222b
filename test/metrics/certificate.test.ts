import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCertificateGauge } from '../../src/metrics/certificate.ts'
import { createMetricRegistry } from '../../src/metrics/registry.ts'
import { parseExposition, sumOf } from './exposition.ts'

const name = 'web_session_clients_token_provider_certificate_expiry_timestamp_seconds'

test('what was seen last is told in seconds, and nothing where there is no certificate', async () => {
  const registry = createMetricRegistry()
  const set = createCertificateGauge(registry)
  const read = async () => sumOf(parseExposition(await registry.render()), name)
  assert.equal(await read(), undefined)
  set(1_800_000_000_000)
  assert.equal(await read(), 1_800_000_000)
  set(null)
  assert.equal(await read(), undefined)
})
