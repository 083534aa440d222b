import { describe } from 'node:test'
import { usePostgresServer } from './postgres-server.ts'
import type { OpenStore } from './stores.ts'
import { openPostgresStore, openSqliteStore } from './stores.ts'

/** Has the same tests on every engine that may keep the data, each with an empty database. */
export const onEachEngine = (what: string, check: (openStore: OpenStore) => void): void => {
  const server = usePostgresServer()
  describe(`${what} on SQLite`, () => check(openSqliteStore))
  describe(`${what} on PostgreSQL`, () =>
    check(async t => openPostgresStore(t, await server.createDatabase(t))))
}
