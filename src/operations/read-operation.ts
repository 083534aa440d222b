import type { Kysely } from 'kysely'
import type { Database, OperationRow } from '../database/schema.ts'

/** @throws when there is no such operation, which only a defect can bring about */
export const readOperation = (db: Kysely<Database>, operationId: string): Promise<OperationRow> =>
  db.selectFrom('operation').selectAll().where('operation_id', '=', operationId).executeTakeFirstOrThrow()
