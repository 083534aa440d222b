import type { TestContext } from 'node:test'
import { usePostgresServer } from '../database/postgres-server.ts'
import { createInstallation, type Installation } from './installation.ts'

/** What makes an installation, by the engine that keeps its data. */
export const useEngines = (): Record<string, (t: TestContext) => Promise<Installation>> => {
  const server = usePostgresServer()
  return {
    SQLite: t => createInstallation(t),
    PostgreSQL: async t => createInstallation(t, { databaseUrl: await server.createDatabase(t) }),
  }
}
