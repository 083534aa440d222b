import { type Kysely, sql } from 'kysely'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow, Database, OperationRow } from '../database/schema.ts'
import type { Saved } from '../journal/change.ts'
import { keepFacts } from '../journal/keep-facts.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { toSearchText } from './client-row.ts'

/** What a client is to be, and under which version. */
type Target = Omit<NewClient, 'clientId'> & { version: number }

/** Keeps it for whoever ends the operation. */
export const keepTarget = async (
  trx: Kysely<Database>,
  operationId: string,
  { name, team, settings }: NewClient,
  version: number,
): Promise<void> => {
  const target = { name, team, settings, version } satisfies Target
  await keepFacts(trx, { operationId, facts: JSON.stringify(target) })
}

/** What was decided with the intent. */
export const readTarget = ({ facts }: Pick<OperationRow, 'facts'>): Target =>
  JSON.parse(facts ?? '') as Target

/** The columns that follow from what a client is, here and in PingFederate: that it had drifted is over. */
export const toColumns = ({ clientId, name, team, settings }: NewClient) => ({
  ...{ name, team },
  search_text: toSearchText({ clientId, name }),
  settings: JSON.stringify(settings),
  disabled_at: settings.enabled ? null : sql<string>`coalesce(disabled_at, ${databaseTime})`,
  ...{ drift: null, drift_found_at: null },
  updated_at: databaseTime,
})

/** Writes what the client has become, with the marker that it bears now. */
export const putTarget = async (
  trx: Kysely<Database>,
  operation: OperationRow,
  { savedAt, replication }: Saved,
): Promise<ClientRow> => {
  const { operation_id: operationId, client_id: clientId } = operation
  const { version, ...target } = readTarget(operation)
  const { team } = target
  const row = await trx
    .updateTable('client')
    .set({
      ...toColumns({ clientId, ...target }),
      ...{ operation_id: operationId, replication, saved_at: savedAt, version },
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
