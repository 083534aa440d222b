import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockSqliteFile } from '../../src/database/sqlite-lock.ts'
import { DatabaseStartError } from '../../src/database/start-error.ts'

const makeFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a file is held by one at a time, also by another name, and free once it is released', t => {
  const folder = makeFolder(t)
  const path = join(folder, 'data.db')
  const { release } = lockSqliteFile(path)
  symlinkSync(path, join(folder, 'link.db'))
  for (const name of ['data.db', 'link.db'])
    assert.throws(() => lockSqliteFile(join(folder, name)), DatabaseStartError)
  release()
  lockSqliteFile(join(folder, 'link.db')).release()
})

test('files beside each other, and databases in memory, do not hinder each other', t => {
  const folder = makeFolder(t)
  for (const path of [join(folder, 'a.db'), join(folder, 'b.db'), ':memory:', ':memory:']) {
    const { release } = lockSqliteFile(path)
    t.after(release)
  }
})
