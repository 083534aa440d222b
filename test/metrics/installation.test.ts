import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInstallationGauge } from '../../src/metrics/installation.ts'
import { createMetricRegistry } from '../../src/metrics/registry.ts'
import { parseExposition, sumOf } from './exposition.ts'

test('1 for each warning that there is, 0 for what is all right, and nothing for what is not known', async () => {
  const registry = createMetricRegistry()
  const set = createInstallationGauge(registry)
  const read = async (code: string) =>
    sumOf(parseExposition(await registry.render()), 'web_session_clients_preflight_warnings', { code })
  assert.equal(await read('issuers_differ'), undefined)
  set(
    new Map([
      ['issuers_differ', true],
      ['scopes_unknown', false],
    ]),
  )
  assert.deepEqual(
    [await read('issuers_differ'), await read('scopes_unknown'), await read('no_default_oidc_policy')],
    [1, 0, undefined],
  )
})
