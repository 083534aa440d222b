import type { Kysely } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow, Database } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Store } from '../database/store.ts'
import { CommitUnknown } from '../database/unavailable.ts'
import type { ClientLimit } from '../policy/client-limit.ts'
import { Problem } from '../problem.ts'
import type { NewClient } from '../web-session-clients/defaults.ts'
import { keepClientLimit } from '../web-session-clients/keep-client-limit.ts'
import {
  findKnownInTurn,
  type IdempotentRequest,
  type KnownRequest,
  mayBeginAgain,
  rememberRequest,
} from './idempotency.ts'
import { toLease } from './lease.ts'

/** Everything a create has chosen before PingFederate is called, so that one durable commit is enough. */
export type IntendedCreate = {
  operationId: string
  client: NewClient
  /** Rules of the policy that allow it, for the audit trail; null without a policy file. */
  rule: string | null
  /** Of the team, where it has one. */
  clientLimit: ClientLimit | undefined
  actor: Actor
  leaseMs: number
  /** Where the caller sent an idempotency key. */
  idempotent: IdempotentRequest | undefined
  retrieval: {
    retrievalId: string
    sealed: string
    redeemableBy: 'team' | 'requester' | 'bearer'
    expiresAt: string
  }
}

/**
 * - `begun`: the client id is reserved
 * - `held`: somebody holds it
 * - `known`: the same idempotency key has begun something already
 */
export type Begun =
  | { kind: 'begun' }
  | { kind: 'held'; operationId: string; holder: ClientRow }
  | { kind: 'known'; operationId: string; known: KnownRequest }

/**
 * Recovery point `intended`: reserves the client id, and keeps the sealed secret, the token's digest and the audit
 * event, durably, before anything happens at PingFederate.
 */
export const beginCreate = async (store: AuditedStore, intended: IntendedCreate): Promise<Begun> => {
  try {
    return await writeIntent(store, intended)
  } catch (error) {
    if (error instanceof CommitUnknown && (await isBegun(store, intended))) return { kind: 'begun' }
    throw error
  }
}

/** Where the answer to the commit was lost; if it cannot be read either, recovery frees the client id. */
const isBegun = async (store: Store, { operationId }: IntendedCreate): Promise<boolean> => {
  const row = await store.db
    .selectFrom('operation')
    .select('operation_id')
    .where('operation_id', '=', operationId)
    .executeTakeFirst()
    .catch(() => undefined)
  return row !== undefined
}

const writeIntent = (store: AuditedStore, intended: IntendedCreate): Promise<Begun> =>
  store.write(async (trx, record) => {
    const { idempotent, operationId, actor, client, leaseMs } = intended
    const known = idempotent && (await findKnownInTurn(store, trx, idempotent))
    if (known && !mayBeginAgain(known))
      return { kind: 'known', operationId: known.operation.operation_id, known }
    const holder = await reserve(trx, intended)
    if (holder) return { kind: 'held', operationId: holder.operation_id, holder }
    if (idempotent && !(await rememberRequest(trx, idempotent, operationId, known?.operation.operation_id))) {
      throw new Problem('operation_in_progress', 'A request with the same key is running at this moment.', {
        headers: { 'retry-after': '1' },
      })
    }
    const { clientId, team } = client
    const { subject } = actor.principal
    const { requestId } = actor
    const { retrievalId } = intended.retrieval
    await insertOperation(trx, { operationId, clientId, team, retrievalId, requestId, subject, leaseMs })
    await insertRetrieval(trx, { ...intended.retrieval, clientId, team, subject })
    await record(actor, {
      action: 'client.create',
      outcome: 'intended',
      rule: intended.rule,
      team: client.team,
      client_id: client.clientId,
      operation_id: operationId,
    })
    await keepClientLimit(store, trx, intended.clientLimit)
    return { kind: 'begun' }
  })

type Reservation = {
  clientId: string
  team: string
  name: string
  searchText: string
  settings: string
  operationId: string
  retrievalId: string
  subject: string
}

const reserveClientId = prepare((db, value: Placeholders<Reservation>) =>
  db
    .insertInto('client')
    .values({
      client_id: value.clientId,
      team: value.team,
      name: value.name,
      search_text: value.searchText,
      state: 'provisioning',
      replication: 'replicating',
      settings: value.settings,
      operation_id: value.operationId,
      retrieval_id: value.retrievalId,
      saved_at: null,
      created_at: databaseTime,
      created_by: value.subject,
      updated_at: databaseTime,
    })
    .onConflict(conflict => conflict.column('client_id').doNothing()),
)

const reserve = async (
  trx: Kysely<Database>,
  { client, operationId, actor, retrieval }: IntendedCreate,
): Promise<ClientRow | undefined> => {
  const { numAffectedRows } = await reserveClientId(trx, {
    clientId: client.clientId,
    team: client.team,
    name: client.name,
    searchText: `${client.clientId}\n${client.name}`.toLowerCase(),
    settings: JSON.stringify(client.settings),
    operationId,
    retrievalId: retrieval.retrievalId,
    subject: actor.principal.subject,
  })
  if (numAffectedRows === 1n) return undefined
  const holder = await trx
    .selectFrom('client')
    .selectAll()
    .where('client_id', '=', client.clientId)
    .executeTakeFirst()
  if (holder) return holder
  // On PostgreSQL another replica can free the id between the two statements.
  throw new Problem('operation_in_progress', 'The client id has just become free. Send the request again.', {
    headers: { 'retry-after': '1' },
  })
}

type NewOperation = {
  operationId: string
  clientId: string
  team: string
  retrievalId: string
  requestId: string
  subject: string
  leaseMs: number
}

const insertOperation = prepare((db, value: Placeholders<NewOperation>) =>
  db.insertInto('operation').values({
    operation_id: value.operationId,
    kind: 'create',
    client_id: value.clientId,
    team: value.team,
    state: 'intended',
    failure: null,
    retrieval_id: value.retrievalId,
    answer: null,
    refusal: null,
    request_id: value.requestId,
    requested_by: value.subject,
    created_at: databaseTime,
    lease_until: toLease(value.leaseMs),
    finished_at: null,
  }),
)

type NewRetrieval = IntendedCreate['retrieval'] & { clientId: string; team: string; subject: string }

const insertRetrieval = prepare((db, value: Placeholders<NewRetrieval>) =>
  db.insertInto('retrieval').values({
    retrieval_id: value.retrievalId,
    client_id: value.clientId,
    team: value.team,
    redeemable_by: value.redeemableBy,
    state: 'outstanding',
    sealed: value.sealed,
    created_at: databaseTime,
    created_by: value.subject,
    expires_at: value.expiresAt,
    redeemed_at: null,
    redeemed_by: null,
  }),
)
