import { type Kysely, sql, type Updateable } from 'kysely'
import { type Actor, recordAuditEvent } from '../audit/record.ts'
import type { ClientRow, Database, OperationTable } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { Problem, type ProblemCode } from '../http/problem.ts'
import { toWebSessionClient } from '../web-session-clients/client-row.ts'

/** An operation and the lease under which its end is written. */
export type LeasedOperation = {
  operationId: string
  clientId: string
  team: string
  fence: number
  actor: Actor
}

const databaseTime = sql<string>`database_time()`

/**
 * Recovery point `done`: the client is shown. Not made durable at once, because the marker in PingFederate lets
 * it be derived again. It needs no lease: whoever has that by now and saw nothing looked too early.
 */
export const finishCreate = (
  store: Store,
  operation: LeasedOperation,
  saved: { replication: ClientRow['replication']; savedAt: string | null },
): Promise<ClientRow> =>
  store.write(
    async trx => {
      const row = await trx
        .updateTable('client')
        .set({ state: 'active', replication: saved.replication, saved_at: saved.savedAt })
        .where('client_id', '=', operation.clientId)
        .where('operation_id', '=', operation.operationId)
        .returningAll()
        .executeTakeFirst()
      if (!row) throw givenUp(operation)
      const isOurs = await close(trx, operation.operationId, {
        state: 'done',
        answer: JSON.stringify(toWebSessionClient(row)),
      })
      if (isOurs) await recordAuditEvent(trx, operation.actor, toEvent(operation, 'done'))
      return row
    },
    { durable: false },
  )

/** Why a create failed; what would be refused again in the same words is kept for repetitions under the same key. */
export type CreateFailure = { code: ProblemCode; refusal?: Pick<Problem, 'code' | 'message' | 'violations'> }

/** Recovery point `failed`: nothing exists in PingFederate; the client id is free again and the sealed secret gone. */
export const failCreate = (
  store: Store,
  operation: LeasedOperation,
  { code, refusal }: CreateFailure,
): Promise<void> =>
  store.write(
    async trx => {
      const kept = refusal
        ? JSON.stringify({ code: refusal.code, detail: refusal.message, violations: refusal.violations })
        : null
      const end = { state: 'failed', failure: code, refusal: kept } as const
      if (!(await close(trx, operation.operationId, end, operation.fence))) return
      await recordAuditEvent(trx, operation.actor, { ...toEvent(operation, 'failed'), reason: code })
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

/**
 * Conditional on `intended`, so that of two that settle an operation only one writes its end: true for that one.
 * @param fence of the lease under which it was looked, where the end depends on that
 */
const close = async (
  trx: Kysely<Database>,
  operationId: string,
  end: Pick<Updateable<OperationTable>, 'state' | 'failure' | 'answer' | 'refusal'>,
  fence?: number,
): Promise<boolean> => {
  const { numUpdatedRows } = await trx
    .updateTable('operation')
    .set({ ...end, finished_at: databaseTime })
    .where('operation_id', '=', operationId)
    .where('state', '=', 'intended')
    .$if(fence !== undefined, query => query.where('fence', '=', fence ?? 0))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The lease ended before PingFederate's answer came, and whoever settled the operation saw nothing yet. */
const givenUp = ({ operationId }: LeasedOperation): Problem =>
  new Problem(
    'outcome_unknown',
    'PingFederate answered so late that another request has given this one up. Read the client, then decide.',
    { operation: operationId, headers: { 'retry-after': '10' } },
  )

const toEvent = ({ operationId, clientId, team }: LeasedOperation, outcome: 'done' | 'failed') => ({
  action: 'client.create' as const,
  outcome,
  team,
  client_id: clientId,
  operation_id: operationId,
})
