import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type Json, readDocument } from './document.ts'

type Described = { pattern: string; examples: string[] }

const findPatterns = (value: unknown): Described[] => {
  if (typeof value !== 'object' || value === null) return []
  const { pattern, examples } = value as Json
  const below = Object.values(value).flatMap(findPatterns)
  if (typeof pattern !== 'string') return below
  const texts = Array.isArray(examples) ? examples.filter(each => typeof each === 'string') : []
  return [{ pattern, examples: texts }, ...below]
}

const policySchema = await readFile(new URL('../../docs/policy.schema.json', import.meta.url), 'utf8')
const described = [...findPatterns(await readDocument()), ...findPatterns(JSON.parse(policySchema))]

/**
 * What the three languages read differently, or not all of them at all: Unicode classes and long escapes; `\d`, `\w`, `\s`
 * and `\b`, which mean all of Unicode in Python; named groups.
 */
const notShared = /\\[pPdDwWsSbBkAzZ]|\\u\{|\(\?<[^=!]|\(\?P|[*+?}]\+/

test('no pattern has what JavaScript without the u flag, Python and Java read differently', () => {
  assert.ok(described.length > 20, 'the documents were walked')
  assert.deepEqual(
    described.filter(({ pattern }) => notShared.test(pattern)),
    [],
  )
})

test('every pattern means the same in JavaScript with and without the u flag, and matches its examples', () => {
  for (const { pattern, examples } of described)
    for (const flags of ['', 'u']) {
      const compiled = new RegExp(pattern, flags)
      for (const example of examples) assert.match(example, compiled)
    }
})

const hasPython = spawnSync('python3', ['--version']).status === 0

const python = `
import json, re, sys
for each in json.load(sys.stdin):
    compiled = re.compile(each['pattern'])
    for example in each['examples']:
        if not compiled.search(example): sys.exit(f"{each['pattern']} does not match {example}")
`

test('every pattern compiles in Python, and matches its examples', {
  skip: !hasPython && 'there is no python3 here; the syntax is checked above',
}, () => {
  const { status, stderr } = spawnSync('python3', ['-c', python], {
    input: JSON.stringify(described),
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})
