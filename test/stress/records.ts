import { execute } from '../database/execute.ts'

type Row<Name extends string> = Record<Name, string>

/** What the database holds, read beside the service and without its code. */
export type Records = {
  clients: (Row<'client_id' | 'state' | 'operation_id' | 'retrieval_id' | 'name' | 'settings'> & {
    version: number
  })[]
  operations: Row<'operation_id' | 'kind' | 'client_id' | 'state' | 'retrieval_id'>[]
  retrievals: (Row<'retrieval_id' | 'client_id' | 'state'> & {
    previous_ends_at: string | null
  })[]
  /** Operations by key, as many times as a key names them. */
  remembered: Row<'operation_id'>[]
  events: Row<'action' | 'outcome' | 'operation_id' | 'client_id'>[]
}

const queries: Record<keyof Records, string> = {
  clients: 'select client_id, state, operation_id, retrieval_id, name, settings, version from client',
  operations: 'select operation_id, kind, client_id, state, retrieval_id from operation',
  retrievals: 'select retrieval_id, client_id, state, previous_ends_at from retrieval',
  remembered: 'select operation_id from idempotency',
  events: 'select action, outcome, operation_id, client_id from audit_event',
}

/** Reads the database of that URL, `sqlite:` or `postgres:`. */
export const readRecords = async (databaseUrl: string): Promise<Records> => {
  const entries = Object.entries(queries).map(async ([name, text]) => [
    name,
    await execute(databaseUrl, text),
  ])
  return Object.fromEntries(await Promise.all(entries)) as Records
}
