import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { readPolicy } from '../../src/policy/read.ts'
import { example, writePolicyFile } from './files.ts'

const rulesOf = (path: string) => readPolicy(path).problems?.map(({ pointer, rule }) => [pointer, rule])

test('a file is read with the digest of its bytes, by which replicas can be compared', t => {
  const { path } = writePolicyFile(t, example)
  const { policy, sha256 } = readPolicy(path)
  assert.equal(policy?.changeableBy, example.changeableBy)
  assert.equal(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'))
})

test('what is no file, not there, too large or no policy is told and not thrown', t => {
  const { path, write } = writePolicyFile(t, example)
  assert.deepEqual(rulesOf(dirname(path)), [['', 'file']])
  assert.deepEqual(rulesOf('/nowhere/policy.json'), [['', 'readable']])
  write(' '.repeat(4 * 1024 * 1024 + 1))
  assert.deepEqual(rulesOf(path), [['', 'file_size']])
  write({})
  assert.deepEqual(rulesOf(path), [['/changeableBy', 'required']])
})
