import type { FastifyBaseLogger } from 'fastify'
import { logReread } from '../files/reread-files.ts'
import { logTexts } from '../log.ts'
import type { Secret } from '../secret.ts'
import { createCurrentUrl } from './current-url.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import { toStartError } from './start-error.ts'
import type { Store } from './store.ts'

/** With the path of the file that the URL comes from, which is read again for new connections. */
export type DatabaseConfig = Readonly<
  { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: Secret; file?: string | undefined }
>

/**
 * Opens the store that the configuration names, at this version's schema.
 * @throws DatabaseStartError
 */
export const openStore = async (
  database: DatabaseConfig,
  { now, log }: { now: () => number; log: FastifyBaseLogger },
): Promise<Store> => {
  try {
    if (database.kind === 'sqlite') return await openSqlite({ path: database.path, now })
    return await openPostgres({
      currentUrl: createCurrentUrl({
        url: database.url,
        file: database.file,
        onReread: logReread(log),
      }),
      onIdleError: err => log.warn({ err }, logTexts.databaseConnectionLost),
      onUndone: err => log.warn({ err }, logTexts.databaseBatchUndone),
    })
  } catch (error) {
    if (database.kind === 'sqlite') throw toStartError(database.path, error)
    const url = database.url.reveal()
    throw toStartError(toPlace(url), error, new URL(url).password)
  }
}

/** Host, port and name of a PostgreSQL database, without user and password. */
const toPlace = (url: string): string => {
  const { host, pathname } = new URL(url)
  return host + pathname
}
