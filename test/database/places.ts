import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Place } from '../secrets.ts'
import { execute } from './execute.ts'
import type { PostgresServer } from './postgres-server.ts'

export type Engine = {
  /** The URL of an empty database, or undefined where each service has one of its own. */
  createDatabase: () => Promise<string | undefined>
  /** Everything the engine keeps of a database: its rows, its files, its journal and its log. */
  readPlaces: (databaseUrl: string) => Promise<Place[]>
}

export const createEngines = (server: PostgresServer): Record<'SQLite' | 'PostgreSQL', Engine> => ({
  SQLite: {
    createDatabase: async () => undefined,
    readPlaces: async url => {
      const files = readFiles(dirname(url.slice('sqlite:'.length)))
      const names = files.map(({ name }) => name)
      assert.ok(names.includes('data.db') && names.includes('data.db-wal'))
      return files
    },
  },
  PostgreSQL: {
    createDatabase: async () => {
      const url = await server.createDatabase()
      // Every statement with its parameters, which is more than any server writes of itself.
      await execute(url, `alter database "${new URL(url).pathname.slice(1)}" set log_statement = 'all'`)
      return url
    },
    readPlaces: async url => {
      const places = [...(await readRows(url)), ...(await readServerFiles(url))]
      // So that what is looked through is what was written to.
      assert.ok(places.some(({ name, content }) => name.startsWith('base/') && content.includes('pa_wam')))
      assert.ok(places.some(({ name, content }) => name.startsWith('pg_wal/') && content.includes('pa_wam')))
      const log = server.log()
      assert.match(log, /insert into "operation"/)
      return [...places, { name: 'PostgreSQL’s log', content: log }]
    },
  },
})

const readFiles = (folder: string, prefix = ''): Place[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ name }) => ({ name: prefix + name, content: readFileSync(join(folder, name)) }))

/** Every row of every table. */
const readRows = async (url: string): Promise<Place[]> => {
  const tables = await execute(
    url,
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  assert.ok(tables.length >= 6)
  const rows = tables.map(async ({ name }) => ({
    name: String(name),
    content: JSON.stringify(await execute(url, `select * from "${name}"`)),
  }))
  return Promise.all(rows)
}

/** The files behind them, and the write-ahead log. */
const readServerFiles = async (url: string): Promise<Place[]> => {
  await execute(url, 'checkpoint')
  const [row] = await execute(
    url,
    `select current_setting('data_directory') as data, oid from pg_database where datname = current_database()`,
  )
  return [`base/${row?.['oid']}`, 'pg_wal'].flatMap(folder =>
    readFiles(join(String(row?.['data']), folder), `${folder}/`),
  )
}
