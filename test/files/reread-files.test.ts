import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createReread, type FileProblem } from '../../src/files/reread-files.ts'

/** A file that is read again, what is in use of it, and what was told. */
const start = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'reread-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  writeFileSync(path, 'first')
  const told: (readonly FileProblem[])[] = []
  const state = { used: 'first', reads: 0 }
  const reread = createReread({
    files: [path],
    read: () => {
      state.reads += 1
      const value = readFileSync(path, 'utf8')
      return value === '' ? { problems: [{ name: 'FILE', why: 'names an empty file' }] } : { value }
    },
    take: value => {
      const isOther = value !== state.used
      state.used = value
      return isOther
    },
    onReread: problems => told.push(problems),
  })
  return { folder, path, told, state, reread }
}

test('a file is read again only when it has changed, and told only when its value is another', async t => {
  const { path, told, state, reread } = start(t)
  assert.equal(await reread(), false)
  assert.equal(await reread(), false)
  assert.equal(state.reads, 1)
  writeFileSync(path, 'second')
  assert.equal(await reread(), true)
  assert.equal(state.used, 'second')
  assert.deepEqual(told, [[]])
})

test('a file that is spoilt is told once, and its former value stays in use', async t => {
  const { path, told, state, reread } = start(t)
  writeFileSync(path, '')
  for (let round = 0; round < 3; round += 1) assert.equal(await reread(), false)
  assert.deepEqual(told, [[{ name: 'FILE', why: 'names an empty file' }]])
  assert.equal(state.used, 'first')
})

test('a file that is exchanged behind a link is noticed, and many who ask at once share one look', async t => {
  const { folder, path, state, reread } = start(t)
  await reread()
  writeFileSync(join(folder, 'next'), 'other')
  symlinkSync(join(folder, 'next'), join(folder, 'link'))
  renameSync(join(folder, 'link'), path)
  const answers = await Promise.all(Array.from({ length: 10 }, () => reread()))
  assert.ok(answers.every(Boolean))
  assert.deepEqual(state, { used: 'other', reads: 2 })
})

test('without files nothing is read', async () => {
  const reread = createReread({
    files: [],
    read: () => assert.fail('read'),
    take: () => true,
    onReread: () => undefined,
  })
  assert.equal(await reread(), false)
})
