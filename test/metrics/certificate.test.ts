import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCertificateGauge, createTrustGauge } from '../../src/metrics/certificate.ts'
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

test('whether PingAccess trusts it is 1 or 0, and nothing where that is not known', async () => {
  const registry = createMetricRegistry()
  const set = createTrustGauge(registry)
  const read = async () =>
    sumOf(parseExposition(await registry.render()), 'web_session_clients_pingaccess_trusts_token_provider')
  const seen: unknown[] = [await read()]
  for (const trusts of [true, false, null]) {
    set(trusts)
    seen.push(await read())
  }
  assert.deepEqual(seen, [undefined, 1, 0, undefined])
})
