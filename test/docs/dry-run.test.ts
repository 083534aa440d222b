import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CreateDryRun } from '../../src/web-session-clients/dry-run-schema.ts'

const document = readFileSync(new URL('../../docs/dry-run.md', import.meta.url), 'utf8')
const { code, when } = CreateDryRun.properties.warnings.items.properties
const { source } = CreateDryRun.properties.settings.items.properties

test('docs/dry-run.md and the code name the same warnings', () => {
  const rows = [...document.matchAll(/^\| `([a-z_]+)` \| `([a-z_]+)` \|/gm)]
  assert.deepEqual(
    rows.map(([, name]) => name),
    code.enum,
  )
  const moments: readonly string[] = when.enum
  for (const [, , moment = ''] of rows) assert.ok(moments.includes(moment), moment)
})

test('docs/dry-run.md names every source of a value', () => {
  for (const each of source.enum) assert.ok(document.includes(`\`${each}\` (`), each)
})
