import type { Kysely } from 'kysely'
import type { Database, OperationRow } from '../database/schema.ts'

/** @throws when there is no such operation, which only a defect can bring about */
export const readOperation = (db: Kysely<Database>, operationId: string): Promise<OperationRow> =>
  db.selectFrom('operation').selectAll().where('operation_id', '=', operationId).executeTakeFirstOrThrow()

/** Whether an operation for this client id has failed: nobody has its client, should there be one. */
export const isGivenUp = async (
  db: Kysely<Database>,
  operationId: string,
  clientId: string,
): Promise<boolean> => {
  const row = await db
    .selectFrom('operation')
    .select('operation_id')
    .where('operation_id', '=', operationId)
    .where('client_id', '=', clientId)
    .where('state', '=', 'failed')
    .executeTakeFirst()
  return row !== undefined
}
