import type { Kysely } from 'kysely'
import type { Database, RetrievalRow } from '../database/schema.ts'

/** Stores that a retrieval was seen expired, so that it stays expired even if a clock is set back. */
export const expireRetrieval = async (
  trx: Kysely<Database>,
  { retrieval_id: retrievalId }: Pick<RetrievalRow, 'retrieval_id'>,
): Promise<undefined> => {
  await trx
    .updateTable('retrieval')
    .set({ state: 'expired', sealed: null })
    .where('retrieval_id', '=', retrievalId)
    .where('state', '=', 'outstanding')
    .execute()
}
