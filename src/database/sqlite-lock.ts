import { closeSync, existsSync, openSync, realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseStartError } from './start-error.ts'

const busy = 5

/**
 * Keeps every other process, and every other store of this one, off a database file as long as it is held: an
 * exclusive lock on an empty SQLite file beside it. The kernel lets go of it however the process ends, and the
 * database itself stays open for backups.
 * @throws DatabaseStartError when somebody holds it
 */
export const lockSqliteFile = (path: string): { release: () => void } => {
  if (path === ':memory:') return { release: () => undefined }
  // SQLite follows symbolic links, so the lock has to be that of the file at their end.
  if (!existsSync(path)) closeSync(openSync(path, 'a'))
  const lock = new DatabaseSync(`${realpathSync(path)}.lock`)
  try {
    // Unlike `exclusive`, of several at the same moment one always gets it.
    lock.exec('begin immediate')
  } catch (error) {
    lock.close()
    const { errcode } = error as { errcode?: number }
    if (errcode === undefined || (errcode & 0xff) !== busy) throw error
    throw new DatabaseStartError(
      `another process uses the database ${path}. A SQLite file serves one process: stop the other one, or use PostgreSQL (DATABASE_URL=postgres://…), which serves any number.`,
      { cause: error },
    )
  }
  return { release: () => lock.close() }
}
