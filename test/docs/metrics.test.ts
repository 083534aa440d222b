import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { parseExposition } from '../metrics/exposition.ts'

const document = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

test('docs/operations.md has a row for every metric, and none for one that does not exist', async () => {
  const { names } = parseExposition(await createMetrics().exposition.render())
  const rows = [
    ...document.matchAll(/^\| `((?:web_session_clients|process|nodejs)_\w+)(?:\{[\w, ]+\})?` \|/gm),
  ].map(([, name]) => name)
  assert.ok(names.length > 5)
  assert.deepEqual(rows.toSorted(), names.toSorted())
})
