import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { warningCodes } from '../../src/installation/warning-schema.ts'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

test('docs/operations.md has a row for every warning of the preflight, and none for one that does not exist', () => {
  const [, section = ''] = /^## Preflight$([\s\S]*?)^## /m.exec(page) ?? []
  const codes = [...section.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code),
  )
  assert.deepEqual(codes.toSorted(), [...warningCodes].toSorted())
})
