import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

/** Runs statements in a database of either engine, beside the service, and resolves to the rows of the only one. */
export const execute = async (
  databaseUrl: string,
  statements: string,
): Promise<Record<string, unknown>[]> => {
  if (!databaseUrl.startsWith('sqlite:')) return executeOnPostgres(databaseUrl, statements)
  using database = new DatabaseSync(databaseUrl.slice('sqlite:'.length), { timeout: 5_000 })
  if (/^select/.test(statements)) return database.prepare(statements).all()
  database.exec(statements)
  return []
}

const executeOnPostgres = async (
  databaseUrl: string,
  statements: string,
): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    return (await client.query(statements)).rows
  } finally {
    await client.end()
  }
}
