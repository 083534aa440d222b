import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/database/sqlite.ts'

let migrated: Promise<Buffer> | undefined

/** A file without rows, in the schema of this version. */
const makeFile = async (): Promise<Buffer> => {
  const folder = await mkdtemp(join(tmpdir(), 'migrated-'))
  const path = join(folder, 'data.db')
  try {
    const store = await openSqlite({ path, now: Date.now })
    await store.close()
    return await readFile(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Puts an empty database there, as an earlier start has left it: to migrate a new one takes a quarter of the time that a
 * service takes to start. How a database comes to its schema has tests of its own.
 */
export const putSqliteFile = async (path: string): Promise<void> => {
  migrated ??= makeFile()
  await writeFile(path, await migrated)
}
