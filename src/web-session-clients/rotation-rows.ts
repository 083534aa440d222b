import { type Kysely, type QueryResult, sql } from 'kysely'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow, Database, OperationRow } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Saved } from '../journal/change.ts'
import { keepFacts } from '../journal/keep-facts.ts'
import { type FoundRetrieval, readRetrieval } from '../secret-retrievals/find-retrieval.ts'
import { revokeOutstanding } from '../secret-retrievals/revoke.ts'

/** What a rotation keeps from its intent on, as JSON. */
type IntendedFacts = { overlapMinutes: number }

/**
 * Marks the secret in force as being replaced: whoever sends its token waits until the end of the rotation is known. The
 * row stays locked until the intent is kept, so that what is decided by its state holds.
 */
export const holdSecret = async (
  trx: Kysely<Database>,
  { retrieval_id: retrievalId }: Pick<ClientRow, 'retrieval_id'>,
  operationId: string,
): Promise<FoundRetrieval> => toFound(await markReplaced(trx, { retrievalId, operationId }))

const markReplaced = prepare((db, value: Placeholders<{ retrievalId: string; operationId: string }>) =>
  db
    .updateTable('retrieval')
    .set({ replaced_by: value.operationId })
    .where('retrieval_id', '=', value.retrievalId)
    .returningAll()
    .returning(databaseTime.as('databaseTime')),
)

/** @throws where there is none, as for the second of two works of one transaction that want the same row */
const toFound = <Row>({ rows: [row] }: QueryResult<Row>): Row => {
  if (row === undefined) throw new Error('The rotation has not found its row.')
  return row
}

/** Keeps the overlap for whoever ends the operation. */
export const keepOverlap = async (
  trx: Kysely<Database>,
  operationId: string,
  overlapMinutes: number,
): Promise<void> => {
  await keepFacts(trx, { operationId, facts: JSON.stringify({ overlapMinutes } satisfies IntendedFacts) })
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
  // Both together, and then both that follow, so that two round trips on PostgreSQL do for four statements.
  const [former, { previous_ends_at: previousEndsAt }] = await Promise.all([
    selectFormer(trx, { clientId }).then(toFound),
    readRetrieval(trx, retrievalId),
  ])
  const [client] = await Promise.all([
    replaceSecret(trx, { clientId, operationId, retrievalId, replication, savedAt }).then(toFound),
    revokeOutstanding(trx, former.retrieval_id),
  ])
  return { client, previousEndsAt }
}

const selectFormer = prepare((db, value: Placeholders<{ clientId: string }>) =>
  db.selectFrom('client').select('retrieval_id').where('client_id', '=', value.clientId),
)

type Replacement = Saved & { clientId: string; operationId: string; retrievalId: string }

const replaceSecret = prepare((db, value: Placeholders<Replacement>) =>
  db
    .updateTable('client')
    .set({
      operation_id: value.operationId,
      retrieval_id: value.retrievalId,
      replication: value.replication,
      saved_at: value.savedAt,
      updated_at: databaseTime,
    })
    .where('client_id', '=', value.clientId)
    .returningAll(),
)

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
