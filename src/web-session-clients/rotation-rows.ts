import { type Kysely, sql } from 'kysely'
import type { ClientRow, Database, OperationRow } from '../database/schema.ts'
import type { Saved } from '../journal/change.ts'
import type { FoundRetrieval } from '../secret-retrievals/find-retrieval.ts'
import { revokeOutstanding } from '../secret-retrievals/revoke.ts'

/** What a rotation keeps from its intent on, as JSON. */
type IntendedFacts = { overlapMinutes: number }

/**
 * Marks the secret in force as being replaced: whoever sends its token waits until the end of the rotation is known. The
 * row stays locked until the intent is kept, so that what is decided by its state holds.
 */
export const holdSecret = (
  trx: Kysely<Database>,
  { retrieval_id: retrievalId }: Pick<ClientRow, 'retrieval_id'>,
  operationId: string,
): Promise<FoundRetrieval> =>
  trx
    .updateTable('retrieval')
    .set({ replaced_by: operationId })
    .where('retrieval_id', '=', retrievalId)
    .returningAll()
    .returning(sql<string>`database_time()`.as('databaseTime'))
    .executeTakeFirstOrThrow()

type Intended = { operationId: string; retrievalId: string; overlapMinutes: number; former: FoundRetrieval }

/** Keeps the overlap for whoever ends the operation, and until when a former secret works. */
export const keepOverlap = async (
  trx: Kysely<Database>,
  { operationId, retrievalId, overlapMinutes, former }: Intended,
): Promise<void> => {
  await trx
    .updateTable('operation')
    .set({ facts: JSON.stringify({ overlapMinutes } satisfies IntendedFacts) })
    .where('operation_id', '=', operationId)
    .execute()
  await trx
    .updateTable('retrieval')
    .set({ previous_ends_at: findLastEnd(former, overlapMinutes) })
    .where('retrieval_id', '=', retrievalId)
    .execute()
}

/** Until when any former secret works: a forced rotation leaves one that was former before it, and that may live longer. */
export const findLastEnd = (
  { previous_ends_at: earlier, databaseTime }: FoundRetrieval,
  overlapMinutes: number,
): string | null => {
  const end = new Date(Date.parse(databaseTime) + overlapMinutes * 60_000).toISOString()
  const last = earlier !== null && earlier > end ? earlier : end
  return last > databaseTime ? last : null
}

/** The overlap that was decided with the intent. */
export const readOverlap = ({ facts }: Pick<OperationRow, 'facts'>): number =>
  (JSON.parse(facts ?? '') as IntendedFacts).overlapMinutes

type InForce = { client: ClientRow; previousEndsAt: string | null }

/** Puts the new retrieval in the place of the former one, whose token dies. */
export const putInForce = async (
  trx: Kysely<Database>,
  { operation_id: operationId, client_id: clientId, retrieval_id: retrievalId }: OperationRow,
  { savedAt, replication }: Saved,
): Promise<InForce> => {
  if (retrievalId === null) throw new Error('The rotation hands out no secret.')
  const former = await trx
    .selectFrom('client')
    .select('retrieval_id')
    .where('client_id', '=', clientId)
    .executeTakeFirstOrThrow()
  await revokeOutstanding(trx, former.retrieval_id)
  const client = await trx
    .updateTable('client')
    .set({
      ...{ operation_id: operationId, retrieval_id: retrievalId, replication, saved_at: savedAt },
      updated_at: sql<string>`database_time()`,
    })
    .where('client_id', '=', clientId)
    .returningAll()
    .executeTakeFirstOrThrow()
  const { previous_ends_at: previousEndsAt } = await trx
    .selectFrom('retrieval')
    .select('previous_ends_at')
    .where('retrieval_id', '=', retrievalId)
    .executeTakeFirstOrThrow()
  return { client, previousEndsAt }
}

/** Forgets the new retrieval, and lets the token of the secret in force be redeemed again. */
export const takeBackSecret = async (
  trx: Kysely<Database>,
  { operation_id: operationId, client_id: clientId, retrieval_id: retrievalId }: OperationRow,
): Promise<void> => {
  await trx.deleteFrom('retrieval').where('retrieval_id', '=', retrievalId).execute()
  await trx
    .updateTable('retrieval')
    .set({ replaced_by: null })
    .where('retrieval_id', '=', db =>
      db.selectFrom('client').select('client.retrieval_id').where('client_id', '=', clientId),
    )
    .where('replaced_by', '=', operationId)
    .execute()
}

/** Keeps that no former secret works any more. */
export const forgetPrevious = async (
  trx: Kysely<Database>,
  clientId: string,
  { savedAt, replication }: Saved,
): Promise<void> => {
  const { retrieval_id: retrievalId } = await trx
    .updateTable('client')
    .set({ replication, saved_at: savedAt, updated_at: sql<string>`database_time()` })
    .where('client_id', '=', clientId)
    .returning('retrieval_id')
    .executeTakeFirstOrThrow()
  await trx
    .updateTable('retrieval')
    .set({ previous_ends_at: null })
    .where('retrieval_id', '=', retrievalId)
    .execute()
}
