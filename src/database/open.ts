import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../config.ts'
import { logTexts } from '../http/log.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { Store } from './store.ts'

/** Opens the store that the configuration names, at this version's schema. */
export const openStore = (
  database: Config['database'],
  { now, log }: { now: () => number; log: FastifyBaseLogger },
): Promise<Store> =>
  database.kind === 'sqlite'
    ? openSqlite({ path: database.path, now })
    : openPostgres({
        url: database.url,
        onIdleError: err => log.warn({ err }, logTexts.databaseConnectionLost),
      })
