import type { Kysely } from 'kysely'
import type { AuditedStore, RecordEvent } from '../audit/record.ts'
import { databaseTime } from '../database/database-time.ts'
import type { Database } from '../database/schema.ts'
import { resultOf } from '../database/settled.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Store } from '../database/store.ts'
import { CommitUnknown } from '../database/unavailable.ts'
import type { OperationKind } from '../database/vocabulary.ts'
import { Problem } from '../problem.ts'
import type { Change, ChangeRequest } from './change.ts'
import { findKnownInTurn, type KnownRequest, mayBeginAgain, rememberRequest } from './idempotency.ts'
import { toLease } from './lease.ts'

/**
 * - `begun`: the operation holds its client
 * - `held`: somebody else does
 * - `known`: the same idempotency key has begun something already
 */
export type Begun = { kind: 'begun' } | { kind: 'held' } | { kind: 'known'; known: KnownRequest }

type Intending<Request extends ChangeRequest> = Pick<
  Change<never, Request, unknown>,
  'kind' | 'reserve' | 'intend'
>

/**
 * Recovery point `intended`: keeps, durably and before anything happens at PingFederate, the operation, what its kind
 * keeps beside it, and the audit event.
 * @throws Problem the kind's refusal
 */
export const beginChange = async <Request extends ChangeRequest>(
  store: AuditedStore,
  change: Intending<Request>,
  request: Request,
  leaseMs: number,
): Promise<Begun> => {
  try {
    return await store.write(
      (trx, record) => writeIntent({ store, trx, record }, { change, request, leaseMs }),
      { mayShare: true },
    )
  } catch (error) {
    if (error instanceof Held) return { kind: 'held' }
    if (error instanceof CommitUnknown && (await isBegun(store, request))) return { kind: 'begun' }
    throw error
  }
}

/** Where the answer to the commit was lost; if the database cannot be read either, recovery ends the operation. */
const isBegun = async (store: Store, { operationId }: ChangeRequest): Promise<boolean> => {
  const row = await store.db
    .selectFrom('operation')
    .select('operation_id')
    .where('operation_id', '=', operationId)
    .executeTakeFirst()
    .catch(() => undefined)
  return row !== undefined
}

type Write = { store: Pick<Store, 'takeTurns'>; trx: Kysely<Database>; record: RecordEvent }

type Intent<Request extends ChangeRequest> = { change: Intending<Request>; request: Request; leaseMs: number }

/**
 * The transaction of the intent. Its statements do not wait for each other, so that they share a round trip on PostgreSQL;
 * what they say is looked at in their order.
 * @throws Held where an unfinished operation holds the client
 * @throws Problem the kind's refusal
 */
export const writeIntent = async <Request extends ChangeRequest>(
  { store, trx, record }: Write,
  { change, request, leaseMs }: Intent<Request>,
): Promise<Begun> => {
  const { idempotent, operationId, clientId, team, retrievalId, actor, rule } = request
  const known = idempotent && (await findKnownInTurn(store, trx, idempotent))
  if (known && !mayBeginAgain(known)) return { kind: 'known', known }
  // By itself, because most that is refused is refused here: a transaction that others share must not be undone for it.
  if (change.reserve && !(await change.reserve(trx, request))) throw new Held()
  const [inserted, isRemembered, recorded, intended] = await Promise.allSettled([
    insertOperation(trx, {
      ...{ operationId, clientId, team, retrievalId, leaseMs },
      kind: change.kind,
      requestId: actor.requestId,
      subject: actor.principal.subject,
    }),
    !idempotent || rememberRequest(trx, idempotent, operationId, known?.operation.operation_id),
    record(actor, {
      action: `client.${change.kind}`,
      outcome: 'intended',
      rule,
      team,
      client_id: clientId,
      operation_id: operationId,
    }),
    // Last, so that a kind whose changes wait for each other lets them wait for the commit and nothing else.
    change.intend(trx, request, store),
  ])
  if (resultOf(inserted).numAffectedRows === 0n) throw new Held()
  if (!resultOf(isRemembered)) {
    throw new Problem('operation_in_progress', 'A request with the same key is running at this moment.', {
      headers: { 'retry-after': '1' },
    })
  }
  resultOf(recorded)
  resultOf(intended)
  return { kind: 'begun' }
}

/** Takes back what the transaction has written so far. */
export class Held extends Error {}

type NewOperation = Pick<ChangeRequest, 'operationId' | 'clientId' | 'team' | 'retrievalId'> & {
  kind: OperationKind
  requestId: string
  subject: string
  leaseMs: number
}

/** Inserts nothing where an unfinished operation holds the client. */
const insertOperation = prepare(
  (db, value: Placeholders<NewOperation>) =>
    db
      .insertInto('operation')
      .values({
        operation_id: value.operationId,
        kind: value.kind,
        client_id: value.clientId,
        team: value.team,
        state: 'intended',
        failure: null,
        retrieval_id: value.retrievalId,
        refusal: null,
        request_id: value.requestId,
        requested_by: value.subject,
        created_at: databaseTime,
        lease_until: toLease(value.leaseMs),
        finished_at: null,
      })
      .onConflict(conflict => conflict.doNothing()),
  { told: ['operation_id', 'operationId'] },
)
