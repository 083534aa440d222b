import type { Kysely } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore, RecordEvent } from '../audit/record.ts'
import { databaseTime } from '../database/database-time.ts'
import type { Database, OperationRow } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Problem, ProblemCode } from '../problem.ts'
import type { Change, Evidence, LeasedOperation, Saved } from './change.ts'

/** A transaction that ends an operation. */
export type Ending = { trx: Kysely<Database>; record: RecordEvent }

/**
 * Recovery point `done`. Not made durable at once, because PingFederate shows again that it was done.
 * @throws Problem where the operation has been given up meanwhile
 */
export const finishChange = (
  store: AuditedStore,
  change: Pick<Change<never, never, unknown>, 'kind' | 'finish' | 'failureOf'>,
  operation: LeasedOperation,
  saved: Saved,
): Promise<string> =>
  store.write((trx, record) => writeDone({ trx, record }, change, operation, saved), {
    durable: false,
    mayShare: true,
  })

/**
 * No fence check: if another process took the lease and saw nothing, it looked before our write arrived; done wins.
 * @throws Problem where the operation has been given up meanwhile
 */
const writeDone = async (
  { trx, record }: Ending,
  change: Pick<Change<never, never, unknown>, 'kind' | 'finish' | 'failureOf'>,
  operation: LeasedOperation,
  saved: Saved,
): Promise<string> => {
  const facts = await change.finish(trx, operation, saved)
  const { operationId } = operation
  const failure = change.failureOf?.(facts)
  const { numAffectedRows } =
    failure === undefined
      ? await closeAsDone(trx, { operationId, facts })
      : await closeHalfDone(trx, { operationId, facts, failure })
  const end =
    failure === undefined ? { outcome: 'done' as const } : { outcome: 'failed' as const, reason: failure }
  if (numAffectedRows === 1n) await recordEnd(record, change, operation, end)
  return facts
}

/** Conditional on `intended`, so that of two that settle an operation only one writes its end. */
const closeAsDone = prepare((db, value: Placeholders<{ operationId: string; facts: string }>) =>
  db
    .updateTable('operation')
    .set({ state: 'done', facts: value.facts, finished_at: databaseTime })
    .where('operation_id', '=', value.operationId)
    .where('state', '=', 'intended'),
)

/** The same for what PingFederate has and that failed afterwards. */
const closeHalfDone = prepare(
  (db, value: Placeholders<{ operationId: string; facts: string; failure: string }>) =>
    db
      .updateTable('operation')
      .set({ state: 'failed', facts: value.facts, failure: value.failure, finished_at: databaseTime })
      .where('operation_id', '=', value.operationId)
      .where('state', '=', 'intended'),
)

/** Why a change failed; what would be refused again in the same words is kept for repetitions under the same key. */
type Failure = { code: ProblemCode; refusal?: Pick<Problem, 'code' | 'message' | 'violations'> }

/** Recovery point `failed`: nothing was changed in PingFederate, and nothing is kept of what was intended. */
export const failChange = (
  store: AuditedStore,
  change: Pick<Change<never, never, unknown>, 'kind' | 'undo'>,
  operation: LeasedOperation,
  failure: Failure,
): Promise<void> =>
  store.write((trx, record) => writeFailed({ trx, record }, change, operation, failure), {
    durable: false,
    mayShare: true,
  })

/** Writes nothing where the operation has ended, or somebody else has its lease. */
const writeFailed = async (
  { trx, record }: Ending,
  change: Pick<Change<never, never, unknown>, 'kind' | 'undo'>,
  operation: LeasedOperation,
  { code, refusal }: Failure,
): Promise<void> => {
  const kept = refusal
    ? JSON.stringify({ code: refusal.code, detail: refusal.message, violations: refusal.violations })
    : null
  if (!(await closeAsFailed(trx, operation, { failure: code, refusal: kept }))) return
  await recordEnd(record, change, operation, { outcome: 'failed', reason: code })
  await change.undo(trx, operation)
}

/** Ends an operation that nobody works on any more, as PingFederate shows it. */
export const writeEnd = async (
  ending: Ending,
  change: Pick<Change<never, never, unknown>, 'kind' | 'finish' | 'failureOf' | 'undo'>,
  operation: LeasedOperation,
  evidence: Evidence,
): Promise<void> => {
  if (evidence.kind === 'done') await writeDone(ending, change, operation, evidence.saved)
  else await writeFailed(ending, change, operation, { code: evidence.code })
}

/** An operation as its row tells of it, for whoever ends it under the row's fence. */
export const toLeased = (
  { operation_id: operationId, client_id: clientId, team, fence }: OperationRow,
  actor: Actor,
): LeasedOperation => ({ operationId, clientId, team, fence, actor })

/**
 * Conditional like {@link closeAsDone}, and on the fence: a process that has lost its lease writes no end.
 * Resolves to whether this one wrote it.
 */
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

const recordEnd = (
  record: RecordEvent,
  { kind }: Pick<Change<never, never, unknown>, 'kind'>,
  { operationId, clientId, team, actor }: LeasedOperation,
  end: { outcome: 'done' } | { outcome: 'failed'; reason: ProblemCode },
): Promise<void> =>
  record(actor, {
    action: `client.${kind}`,
    ...end,
    team,
    client_id: clientId,
    operation_id: operationId,
  })
