import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

type Row<Name extends string> = Record<Name, string>

/** What the database holds, read beside the service and without its code. */
export type Records = {
  clients: Row<'client_id' | 'state' | 'operation_id' | 'retrieval_id'>[]
  operations: Row<'operation_id' | 'client_id' | 'state'>[]
  retrievals: Row<'retrieval_id' | 'state'>[]
  /** Operations by key, as many times as a key names them. */
  remembered: Row<'operation_id'>[]
}

const queries = {
  clients: 'select client_id, state, operation_id, retrieval_id from client',
  operations: 'select operation_id, client_id, state from operation',
  retrievals: 'select retrieval_id, state from retrieval',
  remembered: 'select operation_id from idempotency',
}

const readAll = async (query: (text: string) => unknown): Promise<Records> => {
  const entries = Object.entries(queries).map(async ([name, text]) => [name, await query(text)])
  return Object.fromEntries(await Promise.all(entries)) as Records
}

/** Reads the database of that URL, `sqlite:` or `postgres:`. */
export const readRecords = async (databaseUrl: string): Promise<Records> => {
  if (databaseUrl.startsWith('sqlite:')) {
    using database = new DatabaseSync(databaseUrl.slice('sqlite:'.length), { readOnly: true })
    return await readAll(text => database.prepare(text).all())
  }
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  try {
    return await readAll(async text => (await pool.query(text)).rows)
  } finally {
    await pool.end()
  }
}
