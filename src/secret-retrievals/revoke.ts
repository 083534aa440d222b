import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'

/** Kills an outstanding token and erases its sealed secret. False where the retrieval had come to another end. */
export const revokeOutstanding = async (trx: Kysely<Database>, retrievalId: string): Promise<boolean> => {
  const { numUpdatedRows } = await trx
    .updateTable('retrieval')
    .set({ state: 'revoked', sealed: null })
    .where('retrieval_id', '=', retrievalId)
    .where('state', '=', 'outstanding')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
