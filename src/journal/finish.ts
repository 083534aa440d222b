import type { Kysely } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow, Database } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import { Problem, type ProblemCode } from '../problem.ts'
import { toWebSessionClient } from '../web-session-clients/client-row.ts'

/** An operation and the lease under which its end is written. */
export type LeasedOperation = {
  operationId: string
  clientId: string
  team: string
  fence: number
  actor: Actor
}

/**
 * Recovery point `done`: the client is shown. Not made durable at once, because the marker in PingFederate lets
 * it be derived again. It needs no lease: whoever has that by now and saw nothing looked too early.
 */
export const finishCreate = (
  store: AuditedStore,
  operation: LeasedOperation,
  saved: { replication: ClientRow['replication']; savedAt: string | null },
): Promise<ClientRow> =>
  store.write(
    async (trx, record) => {
      const { operationId, clientId } = operation
      const [row] = (await activateClient(trx, { ...saved, clientId, operationId })).rows
      if (!row) throw givenUp(operation)
      const answer = JSON.stringify(toWebSessionClient(row))
      const { numAffectedRows } = await closeAsDone(trx, { operationId, answer })
      if (numAffectedRows === 1n) await record(operation.actor, toEvent(operation, 'done'))
      return row
    },
    { durable: false },
  )

type Saved = {
  replication: ClientRow['replication']
  savedAt: string | null
  clientId: string
  operationId: string
}

const activateClient = prepare((db, value: Placeholders<Saved>) =>
  db
    .updateTable('client')
    .set({ state: 'active', replication: value.replication, saved_at: value.savedAt })
    .where('client_id', '=', value.clientId)
    .where('operation_id', '=', value.operationId)
    .returningAll(),
)

/** Conditional on `intended`, so that of two that settle an operation only one writes its end. */
const closeAsDone = prepare((db, value: Placeholders<{ operationId: string; answer: string }>) =>
  db
    .updateTable('operation')
    .set({ state: 'done', answer: value.answer, finished_at: databaseTime })
    .where('operation_id', '=', value.operationId)
    .where('state', '=', 'intended'),
)

/** Why a create failed; what would be refused again in the same words is kept for repetitions under the same key. */
export type CreateFailure = { code: ProblemCode; refusal?: Pick<Problem, 'code' | 'message' | 'violations'> }

/** Recovery point `failed`: nothing exists in PingFederate; the client id is free again and the sealed secret gone. */
export const failCreate = (
  store: AuditedStore,
  operation: LeasedOperation,
  { code, refusal }: CreateFailure,
): Promise<void> =>
  store.write(
    async (trx, record) => {
      const kept = refusal
        ? JSON.stringify({ code: refusal.code, detail: refusal.message, violations: refusal.violations })
        : null
      if (!(await closeAsFailed(trx, operation, { failure: code, refusal: kept }))) return
      await record(operation.actor, { ...toEvent(operation, 'failed'), reason: code })
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

/** Conditional like {@link closeAsDone}, and on the lease under which it was looked: true for the one that wrote it. */
const closeAsFailed = async (
  trx: Kysely<Database>,
  { operationId, fence }: LeasedOperation,
  end: { failure: ProblemCode; refusal: string | null },
): Promise<boolean> => {
  const { numUpdatedRows } = await trx
    .updateTable('operation')
    .set({ ...end, state: 'failed', finished_at: databaseTime })
    .where('operation_id', '=', operationId)
    .where('state', '=', 'intended')
    .where('fence', '=', fence)
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
