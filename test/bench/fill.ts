import { sql } from 'kysely'
import pino from 'pino'
import { type Config, parseConfig } from '../../src/config.ts'
import { openStore } from '../../src/database/open.ts'
import type { Store } from '../../src/database/store.ts'

/** Opens the database of a service with this environment, before that is started, for whatever fills it. */
export const fill = async <T>(
  env: Record<string, string>,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> => {
  const config = parseConfig(env)
  const store = await openStore(config.database, { now: Date.now, log: pino({ level: 'silent' }) })
  try {
    const result = await work(store, config)
    // What follows is done by itself within minutes.
    while (await store.textIndex.tend());
    if (config.database.kind === 'postgres') await sql`analyze`.execute(store.db)
    return result
  } finally {
    await store.close()
  }
}
