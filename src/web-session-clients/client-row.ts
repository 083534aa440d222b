import type { ClientRow } from '../database/schema.ts'
import type { ClientSettings } from './defaults.ts'
import type { WebSessionClient } from './schema.ts'

/** Row to wire; the row's JSON was written by this service. */
export const toWebSessionClient = (row: ClientRow): WebSessionClient => ({
  clientId: row.client_id,
  name: row.name,
  team: row.team,
  ...(JSON.parse(row.settings) as ClientSettings),
  status: row.replication,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
})

/** Entity tag for `If-Match`: changes with every change of the settings. */
export const toEntityTag = (row: Pick<ClientRow, 'version'>): string => `"${row.version}"`
