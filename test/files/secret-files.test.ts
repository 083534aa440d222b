import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readSecretFile, readSecretFiles } from '../../src/files/secret-files.ts'

const write = (t: TestContext, content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'secret')
  writeFileSync(path, content)
  return path
}

test('a secret is the content of its file without one line break at its end', t => {
  for (const [content, value] of [
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' secret ', ' secret '],
  ] as const)
    assert.deepEqual(readSecretFile(write(t, content)), { value })
})

test('a file that is empty, or cannot be read, is told by why and not by what it holds', t => {
  for (const content of ['', '\n'])
    assert.deepEqual(readSecretFile(write(t, content)), { why: 'names an empty file' })
  assert.deepEqual(readSecretFile('/nowhere/secret'), { why: 'names a file that cannot be read (ENOENT)' })
})

test('a variable is set or its file is named, not both, and an empty one counts as absent', t => {
  const file = write(t, 'secret\n')
  const read = (env: Record<string, string | undefined>) => readSecretFiles(env, ['PASSWORD'])
  assert.equal(read({ PASSWORD_FILE: file }).values['PASSWORD'], 'secret')
  assert.equal(read({ PASSWORD: '', PASSWORD_FILE: file }).values['PASSWORD'], 'secret')
  const { problems } = read({ PASSWORD: 'other', PASSWORD_FILE: file })
  assert.deepEqual(
    problems.map(({ name, why }) => [name, why]),
    [['PASSWORD_FILE', 'must not be set beside PASSWORD']],
  )
})
