import { type Kysely, sql } from 'kysely'
import { type Actor, recordAuditEvent } from '../audit/record.ts'
import type { ClientRow, Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { NewClient } from '../web-session-clients/defaults.ts'

/** Everything a create has chosen before PingFederate is called, so that one durable commit is enough. */
export type IntendedCreate = {
  operationId: string
  client: NewClient
  actor: Actor
  leaseUntil: string
  retrieval: {
    retrievalId: string
    sealed: string
    redeemableBy: 'team' | 'requester' | 'bearer'
    expiresAt: string
  }
}

export type Begun = { isBegun: true } | { isBegun: false; holder: ClientRow }

/**
 * Recovery point `intended`: reserves the client id, and keeps the sealed secret, the token's digest and the audit
 * event, durably, before anything happens at PingFederate. Tells who holds the client id when it is not free.
 */
export const beginCreate = (store: Store, intended: IntendedCreate): Promise<Begun> =>
  store.write(async trx => {
    const holder = await reserve(trx, intended)
    if (holder) return { isBegun: false, holder }
    await insertOperation(trx, intended)
    await insertRetrieval(trx, intended)
    await recordAuditEvent(trx, intended.actor, {
      action: 'client.create',
      outcome: 'intended',
      team: intended.client.team,
      client_id: intended.client.clientId,
      operation_id: intended.operationId,
    })
    return { isBegun: true }
  })

const databaseTime = sql<string>`database_time()`

const reserve = async (
  trx: Kysely<Database>,
  { client, operationId, actor, retrieval }: IntendedCreate,
): Promise<ClientRow | undefined> => {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('client')
    .values({
      client_id: client.clientId,
      team: client.team,
      name: client.name,
      state: 'provisioning',
      replication: 'replicating',
      settings: JSON.stringify(client.settings),
      operation_id: operationId,
      retrieval_id: retrieval.retrievalId,
      saved_at: null,
      created_at: databaseTime,
      created_by: actor.principal.subject,
      updated_at: databaseTime,
    })
    .onConflict(conflict => conflict.column('client_id').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 1n) return undefined
  return trx
    .selectFrom('client')
    .selectAll()
    .where('client_id', '=', client.clientId)
    .executeTakeFirstOrThrow()
}

const insertOperation = async (
  trx: Kysely<Database>,
  { operationId, client, actor, leaseUntil }: IntendedCreate,
): Promise<void> => {
  await trx
    .insertInto('operation')
    .values({
      operation_id: operationId,
      kind: 'create',
      client_id: client.clientId,
      team: client.team,
      state: 'intended',
      failure: null,
      request_id: actor.requestId,
      requested_by: actor.principal.subject,
      created_at: databaseTime,
      lease_until: leaseUntil,
      finished_at: null,
    })
    .execute()
}

const insertRetrieval = async (
  trx: Kysely<Database>,
  { client, actor, retrieval }: IntendedCreate,
): Promise<void> => {
  await trx
    .insertInto('retrieval')
    .values({
      retrieval_id: retrieval.retrievalId,
      client_id: client.clientId,
      team: client.team,
      redeemable_by: retrieval.redeemableBy,
      state: 'outstanding',
      sealed: retrieval.sealed,
      created_at: databaseTime,
      created_by: actor.principal.subject,
      expires_at: retrieval.expiresAt,
      redeemed_at: null,
      redeemed_by: null,
    })
    .execute()
}
