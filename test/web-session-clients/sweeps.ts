import { randomUUIDv7 } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import type { ClientSettings } from '../../src/pingfederate/client-settings.ts'
import type { PingFederate } from '../../src/pingfederate/ping-federate.ts'
import { sweepDrift } from '../../src/web-session-clients/sweep-drift.ts'
import { walkClients } from '../../src/web-session-clients/walk-clients.ts'
import { audited } from '../audit/audited.ts'
import { clientRow } from '../database/rows.ts'
import { clientSecret, newClient, startUpstream } from '../pingfederate/upstream.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'

type Swept = Pick<PingFederate, 'listClients' | 'findClient'>

/** The row of a client with these settings that an operation has left. */
export const rowOf = (clientId: string, operationId: string, settings: Partial<ClientSettings> = {}) => {
  const client = newClient(settings, clientId)
  return {
    ...clientRow({ client_id: clientId, name: client.name, operation_id: operationId }),
    settings: JSON.stringify(client.settings),
  }
}

/** One walk over all clients. */
export const sweep = (
  store: Store,
  pingFederate: Swept,
  {
    signal = new AbortController().signal,
    pause = async () => undefined,
  }: { signal?: AbortSignal; pause?: (signal: AbortSignal) => Promise<void> } = {},
): Promise<void> => {
  const dependencies = { store: audited(store), pingFederate, newId: () => randomUUIDv7(), pause }
  return walkClients(dependencies, [sweepDrift(dependencies, signal)], signal)
}

/** How each client is marked, of those that are. */
export const readMarks = async ({ db }: Pick<Store, 'db'>): Promise<Record<string, string | null>> => {
  const rows = await db
    .selectFrom('client')
    .select(['client_id', 'drift'])
    .where('drift', 'is not', null)
    .orderBy('client_id')
    .execute()
  return Object.fromEntries(rows.map(row => [row.client_id, row.drift]))
}

/** The events of the walks so far: client, outcome and reason. */
export const readEvents = async ({ db }: Pick<Store, 'db'>): Promise<string[]> => {
  const rows = await db.selectFrom('audit_event').selectAll().orderBy('audit_event_id').execute()
  return rows.map(({ client_id: id, outcome, reason }) => [id, outcome, reason ?? ''].join(' ').trim())
}

/** A store, and a PingFederate to which clients are added as this service makes them. */
export const startSweeps = async (t: TestContext, store: Store) => {
  const upstream = await startUpstream(t)
  const { pingFederate, sandbox } = upstream
  const addRow = (row: ReturnType<typeof rowOf>) =>
    store.write(trx => trx.insertInto('client').values(row).execute())
  const add = async (clientId: string, settings: Partial<ClientSettings> = {}): Promise<string> => {
    const operationId = randomUUIDv7()
    await pingFederate.createClient(newClient(settings, clientId), clientSecret, operationId)
    await addRow(rowOf(clientId, operationId, settings))
    return operationId
  }
  const edit = async (clientId: string, fields: object): Promise<void> => {
    const path = `/oauth/clients/${clientId}`
    const { body } = await callAdminApi(sandbox, 'GET', path)
    await callAdminApi(sandbox, 'PUT', path, { ...body, ...fields })
  }
  const remove = (clientId: string) => callAdminApi(sandbox, 'DELETE', `/oauth/clients/${clientId}`)
  return { ...upstream, store, add, addRow, edit, remove, sweep: () => sweep(store, pingFederate) }
}
