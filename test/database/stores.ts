import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import type { Store } from '../../src/database/store.ts'
import { Secret } from '../../src/secret.ts'
import { putSqliteFile } from './sqlite-file.ts'

/** Opens a store on an empty database, closed when the test ends. */
export type OpenStore = (t: TestContext) => Promise<Store>

/** A store on an SQLite file of its own, closed and removed when the test ends. */
export const openSqliteStore = async (t: TestContext): Promise<Store> => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'data.db')
  await putSqliteFile(path)
  return openSqliteStoreAt(t, path)
}

/** A store on that SQLite file, closed when the test ends. */
export const openSqliteStoreAt = async (t: TestContext, path: string): Promise<Store> =>
  closeAfter(t, await openSqlite({ path, now: Date.now }))

/** A store on a PostgreSQL database, closed when the test ends. */
export const openPostgresStore = async (t: TestContext, url: string): Promise<Store> =>
  closeAfter(
    t,
    await openPostgres({
      currentUrl: () => new Secret(url),
      onIdleError: () => undefined,
      onUndone: () => undefined,
    }),
  )

const closeAfter = (t: TestContext, store: Store): Store => {
  t.after(() => store.close().catch(() => undefined))
  return store
}
