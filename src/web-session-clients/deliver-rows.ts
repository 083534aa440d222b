import type { Kysely } from 'kysely'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow, Database, OperationRow, RetrievalRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { Principal } from '../principal.ts'
import type { DeliveryFailure } from './client-row.ts'
import type { Delivery } from './deliver-schema.ts'

type Delivered = { isNew: boolean; webSessions: NonNullable<Delivery>['webSessions'] }

/** What became of it in PingAccess; none of the two while that is not known. */
export type InPingAccess = { delivered?: Delivered; failure?: DeliveryFailure }

/** What a delivery keeps from its intent on, as JSON. */
type IntendedFacts = InPingAccess & { overlapMinutes: number; mayLeaveFormer: boolean }

type NewSecret = {
  retrievalId: string
  clientId: string
  team: string
  principal: Principal
  /** Until when a former secret works. */
  endsAt: string | null
}

/** A secret that nobody has a token for, and that nobody has at all until it is delivered. */
export const insertUntokened = (
  trx: Kysely<Database>,
  { retrievalId, clientId, team, principal, endsAt }: NewSecret,
): Promise<unknown> =>
  trx
    .insertInto('retrieval')
    .values({
      ...{ retrieval_id: retrievalId, client_id: clientId, team, redeemable_by: 'team', state: 'revoked' },
      ...{ sealed: null, created_by: principal.subject, created_by_client_id: principal.clientId ?? '' },
      ...{ created_at: databaseTime, expires_at: databaseTime },
      ...{ redeemed_at: null, redeemed_by: null, previous_ends_at: endsAt },
    })
    .execute()

export const readIntended = ({ facts }: Pick<OperationRow, 'facts'>): IntendedFacts =>
  JSON.parse(facts ?? '') as IntendedFacts

/** Keeps facts for whoever ends the operation, as long as it has not ended. */
export const keepFacts = async (
  trx: Kysely<Database>,
  operationId: string,
  facts: IntendedFacts,
): Promise<void> => {
  await trx
    .updateTable('operation')
    .set({ facts: JSON.stringify(facts) })
    .where('operation_id', '=', operationId)
    .where('state', '=', 'intended')
    .execute()
}

/** Adds what became of it in PingAccess. */
export const keepInPingAccess = (
  store: Store,
  operationId: string,
  facts: IntendedFacts,
  { delivered, failure }: InPingAccess,
): Promise<void> =>
  store.write(
    trx =>
      keepFacts(trx, operationId, { ...facts, ...(delivered && { delivered }), ...(failure && { failure }) }),
    { durable: false },
  )

/** Records that PingAccess has the secret in force, or may have it, so that it is not taken for one that nobody loses. */
export const markDelivered = async (
  trx: Kysely<Database>,
  { retrieval_id: retrievalId }: Pick<ClientRow, 'retrieval_id'>,
): Promise<void> => {
  await trx
    .updateTable('retrieval')
    .set({ state: 'delivered' })
    .where('retrieval_id', '=', retrievalId)
    .execute()
}

/**
 * Whether the secret in force replaces one that people may be logging in with, so that a delivery may leave both alive:
 * PingAccess has not got it, or the delivery of it has failed.
 */
export const isUnsettled = (
  { delivery }: Pick<ClientRow, 'delivery'>,
  { state, created_at: madeAt }: Pick<RetrievalRow, 'state' | 'created_at'>,
): boolean => {
  if (state !== 'delivered') return state === 'revoked'
  const { deliveredAt = '' } = (JSON.parse(delivery ?? 'null') as Delivery) ?? {}
  return deliveredAt < madeAt
}

/** Records that the web sessions have the secret in force. */
export const recordDelivered = async (
  trx: Kysely<Database>,
  { client_id: clientId, updated_at: deliveredAt }: ClientRow,
  { webSessions }: Delivered,
): Promise<ClientRow> =>
  trx
    .updateTable('client')
    .set({ delivery: JSON.stringify({ deliveredAt, webSessions } satisfies Delivery) })
    .where('client_id', '=', clientId)
    .returningAll()
    .executeTakeFirstOrThrow()

/** From now on secrets are handed out by tokens again. */
export const forgetDelivery = (trx: Kysely<Database>, client: ClientRow): Promise<ClientRow> | ClientRow =>
  client.delivery === null
    ? client
    : trx
        .updateTable('client')
        .set({ delivery: null })
        .where('client_id', '=', client.client_id)
        .returningAll()
        .executeTakeFirstOrThrow()
