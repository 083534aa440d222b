import { type Kysely, sql } from 'kysely'
import { type Actor, recordAuditEvent } from '../audit/record.ts'
import type { ClientRow, Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { Problem, type ProblemCode } from '../http/problem.ts'

type Operation = { operationId: string; clientId: string; team: string; actor: Actor }

const databaseTime = sql<string>`database_time()`

/**
 * Recovery point `done`: the client is shown. Not made durable at once, because the marker in PingFederate lets
 * it be derived again.
 */
export const finishCreate = (
  store: Store,
  operation: Operation,
  saved: { replication: ClientRow['replication']; savedAt: string | null },
): Promise<ClientRow> =>
  store.write(
    async trx => {
      const isOurs = await close(trx, operation.operationId, { state: 'done', failure: null })
      if (!isOurs) return getSettledByOthers(trx, operation)
      await recordAuditEvent(trx, operation.actor, toEvent(operation, 'done'))
      return trx
        .updateTable('client')
        .set({ state: 'active', replication: saved.replication, saved_at: saved.savedAt })
        .where('client_id', '=', operation.clientId)
        .returningAll()
        .executeTakeFirstOrThrow()
    },
    { durable: false },
  )

/** Recovery point `failed`: nothing exists in PingFederate; the client id is free again and the sealed secret gone. */
export const failCreate = (store: Store, operation: Operation, failure: ProblemCode): Promise<void> =>
  store.write(
    async trx => {
      const isOurs = await close(trx, operation.operationId, { state: 'failed', failure })
      if (!isOurs) return
      await recordAuditEvent(trx, operation.actor, { ...toEvent(operation, 'failed'), reason: failure })
      const { retrieval_id: retrievalId } = await trx
        .deleteFrom('client')
        .where('client_id', '=', operation.clientId)
        .where('operation_id', '=', operation.operationId)
        .returning('retrieval_id')
        .executeTakeFirstOrThrow()
      await trx.deleteFrom('retrieval').where('retrieval_id', '=', retrievalId).execute()
    },
    { durable: false },
  )

/** Conditional on `intended`, so that of two that settle the same operation only one writes its end: true for that one. */
const close = async (
  trx: Kysely<Database>,
  operationId: string,
  end: { state: 'done' | 'failed'; failure: string | null },
): Promise<boolean> => {
  const { numUpdatedRows } = await trx
    .updateTable('operation')
    .set({ ...end, finished_at: databaseTime })
    .where('operation_id', '=', operationId)
    .where('state', '=', 'intended')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/**
 * The client of an operation whose lease ended before its answer came, so that a retry has settled it meanwhile.
 * @throws Problem `outcome_unknown` when the retry found nothing yet: the client id may be somebody else's by now
 */
const getSettledByOthers = async (
  trx: Kysely<Database>,
  { operationId, clientId }: Operation,
): Promise<ClientRow> => {
  const row = await trx
    .selectFrom('client')
    .selectAll()
    .where('client_id', '=', clientId)
    .where('operation_id', '=', operationId)
    .executeTakeFirst()
  if (row) return row
  throw new Problem(
    'outcome_unknown',
    'PingFederate answered so late that another request has given this one up. Read the client, then decide.',
    { operation: operationId, headers: { 'retry-after': '10' } },
  )
}

const toEvent = ({ operationId, clientId, team }: Operation, outcome: 'done' | 'failed') => ({
  action: 'client.create' as const,
  outcome,
  team,
  client_id: clientId,
  operation_id: operationId,
})
