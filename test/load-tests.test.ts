import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

const runBy = (script: string): string[] =>
  [...script.matchAll(/'([^']+)'/g)]
    .flatMap(([, pattern = '']) => globSync(pattern, { cwd: root }))
    .flatMap(file => (file.endsWith('.test.ts') ? file : loadedBy(file)))

/** The tests that a file loads which is there to load them. */
const loadedBy = (file: string): string[] => {
  const loading = /^loadTests\(import\.meta\.dirname(?:, '(.+)')?\)$/m.exec(
    readFileSync(join(root, file), 'utf8'),
  )
  assert.ok(loading, file)
  const [, pattern = '**/*.test.ts'] = loading
  return globSync(join(dirname(file), pattern), { cwd: root })
}

test('every test is run by one script, and by it once', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const run = ['test', 'test:faults', 'test:processes'].flatMap(name => runBy(scripts[name] ?? '')).toSorted()
  assert.deepEqual(run, globSync('test/**/*.test.ts', { cwd: root }).toSorted())
})
