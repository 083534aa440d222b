import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../compile-cache.ts'
import { example, writePolicyFile } from './files.ts'

const program = fileURLToPath(new URL('../../src/policy/check.ts', import.meta.url))

/** Without any setting of the service: a pipeline that checks a file has none. */
const check = (...args: string[]) =>
  spawnSync(process.execPath, [program, ...args], { env: compileCache, encoding: 'utf8' })

test('ends with 0 for a file that a service would take, and tells its digest', t => {
  const { status, stdout } = check(writePolicyFile(t, example).path)
  assert.equal(status, 0)
  assert.match(stdout, /is a policy for 1 teams \(sha256 [0-9a-f]{64}\)/)
})

test('ends with 1 and everything that is wrong for a file that a service would refuse', t => {
  const { status, stdout } = check(
    writePolicyFile(t, { changeableBy: '', teams: { a: { ports: [0] } } }).path,
  )
  assert.equal(status, 1)
  for (const part of ['/changeableBy breaks minLength', '/teams/a/ports/0 breaks minimum', 'fix: '])
    assert.ok(stdout.includes(part), part)
})

test('ends with 1 for a file that is not there, and without a file', () => {
  for (const args of [['/nowhere/policy.json'], []]) assert.equal(check(...args).status, 1)
})
