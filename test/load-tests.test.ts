import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

const runBy = (script: string): string[] =>
  [...script.matchAll(/'([^']+)'/g)]
    .flatMap(([, pattern = '']) => globSync(pattern, { cwd: root }))
    .flatMap(file =>
      file.endsWith('/all.ts') ? globSync(file.replace(/all\.ts$/, '**/*.test.ts'), { cwd: root }) : file,
    )

test('every test is run by one script, and by it once', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const run = ['test', 'test:faults', 'test:processes'].flatMap(name => runBy(scripts[name] ?? '')).toSorted()
  assert.deepEqual(run, globSync('test/**/*.test.ts', { cwd: root }).toSorted())
})
