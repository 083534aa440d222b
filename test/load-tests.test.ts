import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import manifest from '../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '..')

const runBy = (script: string): string[] =>
  [...script.matchAll(/'([^']+)'/g)]
    .flatMap(([, pattern = '']) => globSync(pattern, { cwd: root }))
    .flatMap(file =>
      file.endsWith('/all.ts') ? globSync(file.replace(/all\.ts$/, '**/*.test.ts'), { cwd: root }) : file,
    )

test('every test is run by one script, and by it once', () => {
  const { test: tests, 'test:faults': faults, 'test:processes': processes } = manifest.scripts
  const run = [tests, faults, processes].flatMap(runBy).toSorted()
  assert.deepEqual(run, globSync('test/**/*.test.ts', { cwd: root }).toSorted())
})
