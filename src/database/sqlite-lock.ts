import { closeSync, existsSync, openSync, realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseStartError } from './start-error.ts'

const busy = 5

/** The service's own account alone may read what is in a database: ids, names, and sealed secrets. */
const ownerOnly = 0o600

/** Makes a file that is not there; SQLite would make it as the umask has it, which is for all to read by default. */
const makeFile = (path: string): void => closeSync(openSync(path, 'a', ownerOnly))

/**
 * Keeps every other process, and every other store of this one, off a database file as long as it is held: an
 * exclusive lock on an empty SQLite file beside it. The kernel lets go of it however the process ends, and the
 * database itself stays open for backups.
 * @throws DatabaseStartError when somebody holds it
 */
export const lockSqliteFile = (path: string): { release: () => void } => {
  if (path === ':memory:') return { release: () => undefined }
  // SQLite follows symbolic links, so the lock has to be that of the file at their end.
  // SQLite gives `-wal` and `-shm` the mode of the database.
  if (!existsSync(path)) makeFile(path)
  const lockPath = `${realpathSync(path)}.lock`
  if (!existsSync(lockPath)) makeFile(lockPath)
  const lock = new DatabaseSync(lockPath)
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
