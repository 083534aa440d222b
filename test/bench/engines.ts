import { join } from 'node:path'
import { execute } from '../database/execute.ts'
import type { startPostgresServer } from '../database/postgres-server.ts'

export type Engine = {
  name: 'SQLite' | 'PostgreSQL'
  /** Makes an empty database and gives its URL. */
  createDatabase: () => Promise<string>
}

/** The server that all suites share; it shares this machine with what is measured. */
export type Postgres = Awaited<ReturnType<typeof startPostgresServer>>

/** Both engines, each with the syncs of a real installation. */
export const useEngines = ({ folder, postgres }: { folder: string; postgres: Postgres }) => {
  const urls: string[] = []
  let files = 0
  const engines: Engine[] = [
    { name: 'SQLite', createDatabase: async () => `sqlite:${join(folder, `${files++}.db`)}` },
    {
      name: 'PostgreSQL',
      createDatabase: async () => {
        const url = await postgres.createDatabase()
        urls.push(url)
        return url
      },
    },
  ]
  const dropDatabases = async (): Promise<void> => {
    for (const url of urls)
      await execute(postgres.toUrl('postgres'), `drop database "${nameOf(url)}" with (force)`)
  }
  return { engines, dropDatabases }
}

/** The name of a database of PostgreSQL. */
export const nameOf = (databaseUrl: string): string => new URL(databaseUrl).pathname.slice(1)
