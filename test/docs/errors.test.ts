import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { problems } from '../../src/http/problem.ts'

const document = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const rows = [...document.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (.+) \| (.+) \|$/gm)].map(
  ([, code, status]) => ({
    code,
    status: Number(status),
  }),
)

test('docs/errors.md and the code name the same problems with the same status', () => {
  assert.deepEqual(
    rows,
    Object.entries(problems).map(([code, { status }]) => ({ code, status })),
  )
})
