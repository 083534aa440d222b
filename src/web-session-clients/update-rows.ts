import { type Kysely, sql } from 'kysely'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow, Database, OperationRow } from '../database/schema.ts'
import type { Saved } from '../journal/change.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { toSearchText } from './client-row.ts'

/** Keeps, for whoever ends the operation, what the client is to be. */
export const keepTarget = async (
  trx: Kysely<Database>,
  operationId: string,
  { name, team, settings }: NewClient,
): Promise<void> => {
  await trx
    .updateTable('operation')
    .set({ facts: JSON.stringify({ name, team, settings } satisfies Target) })
    .where('operation_id', '=', operationId)
    .execute()
}

type Target = Omit<NewClient, 'clientId'>

/** Writes what the client has become, with the marker that it bears now. */
export const putTarget = async (
  trx: Kysely<Database>,
  { operation_id: operationId, client_id: clientId, facts }: OperationRow,
  { savedAt, replication }: Saved,
): Promise<ClientRow> => {
  const { name, team, settings } = JSON.parse(facts ?? '') as Target
  const row = await trx
    .updateTable('client')
    .set({
      ...{ name, team, operation_id: operationId, replication, saved_at: savedAt },
      search_text: toSearchText({ clientId, name }),
      settings: JSON.stringify(settings),
      version: sql`version + 1`,
      disabled_at: settings.enabled ? null : sql`coalesce(disabled_at, ${databaseTime})`,
      updated_at: databaseTime,
    })
    .where('client_id', '=', clientId)
    .returningAll()
    .executeTakeFirstOrThrow()
  // Whoever may redeem follows from the team.
  await trx
    .updateTable('retrieval')
    .set({ team })
    .where('retrieval_id', '=', row.retrieval_id)
    .where('team', '<>', team)
    .execute()
  return row
}
