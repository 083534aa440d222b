import type { Actor } from '../audit/actor.ts'
import type { OperationRow } from '../database/schema.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { Journal } from './change.ts'
import { inProgress, lookAgainMs, outcomeUnknown } from './problems.ts'
import { readOperation } from './read-operation.ts'
import { settleOperation } from './settle.ts'

/**
 * Settles an unfinished operation within a request that needs its end, and resolves to it as it ended.
 * @throws Problem `operation_in_progress` where somebody has its lease, `outcome_unknown` where PingFederate cannot be asked
 */
export const settleNow = async <Upstream>(
  journal: Journal<Upstream>,
  operation: OperationRow,
  actor: Actor,
): Promise<OperationRow> => {
  const operationId = operation.operation_id
  const settled = await settleOperation(journal, operation, actor).catch(rejectUnseen(operationId))
  if (!settled) throw inProgress(operationId)
  void journal.publish(settled.unpublished)
  return readOperation(journal.store.db, operationId)
}

/** For a look that PingFederate did not answer: how the operation ended cannot be told now. */
export const rejectUnseen =
  (operationId: string) =>
  (error: unknown): never => {
    throw error instanceof PingFederateFailure ? outcomeUnknown(operationId, error, lookAgainMs) : error
  }
