import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { problems } from '../../src/problem.ts'
import { refused, refusedAddresses } from '../ping-access-urls/urls/refused.ts'
import { refusedTexts } from '../web-session-clients/texts.ts'

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

const rules = [...document.matchAll(/^\| `([a-z_]+)` \| [^|]+ \|$/gm)].map(([, rule]) => String(rule))

/** Rules that no single URL breaks whatever the configuration is; tests of their own hold them. */
const conditional = ['fully_qualified_host', 'unique']

test('docs/errors.md names the rules of URLs and texts that something in the corpora breaks, and no others', () => {
  const corpora = [...refused, ...refusedAddresses, ...refusedTexts].flatMap(([, ...broken]) => broken)
  const ours = new Set([...corpora, ...conditional].filter(rule => !['pattern', 'minLength'].includes(rule)))
  assert.deepEqual(rules.toSorted(), [...ours].sort())
})
