import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import type { Database, OperationRow } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'

/** @throws when there is no such operation, which only a defect can bring about */
export const readOperation = async (db: Kysely<Database>, operationId: string): Promise<OperationRow> =>
  theOnly((await selectOperation(db, { operationId })).rows)

const selectOperation = prepare((db, value: Placeholders<{ operationId: string }>) =>
  db.selectFrom('operation').selectAll().where('operation_id', '=', value.operationId),
)

const theOnly = ([row]: readonly OperationRow[]): OperationRow => {
  if (!row) throw new Error('There is no such operation.')
  return row
}

/**
 * Whether an operation for this client id has failed: what it has left in PingFederate is nobody's, should there be
 * anything. False for no operation, as of a client that bears no mark.
 */
export const isGivenUp = async (
  db: Kysely<Database>,
  operationId: string | undefined,
  clientId: string,
): Promise<boolean> => {
  if (operationId === undefined) return false
  const row = await db
    .selectFrom('operation')
    .select('operation_id')
    .where('operation_id', '=', operationId)
    .where('client_id', '=', clientId)
    .where('state', '=', 'failed')
    .executeTakeFirst()
  return row !== undefined
}

/** The unfinished operation that holds a client; undefined where nothing does. */
export const findOpen = async (db: Kysely<Database>, clientId: string): Promise<string | undefined> => {
  const [row] = (await selectOpen(db, { clientId })).rows
  return row?.operation_id
}

const selectOpen = prepare((db, value: Placeholders<{ clientId: string }>) =>
  db
    .selectFrom('operation')
    .select('operation_id')
    .where('client_id', '=', value.clientId)
    // As it stands in the condition of the index, which a parameter would not show.
    .where('state', '=', sql.lit('intended')),
)

/** Whether one does, as an expression of a statement about clients. */
export const isHeld = ({
  exists,
  selectFrom,
}: Pick<ExpressionBuilder<Database, 'client'>, 'exists' | 'selectFrom'>) =>
  exists(
    selectFrom('operation')
      .select('operation.operation_id')
      .whereRef('operation.client_id', '=', 'client.client_id')
      .where('operation.state', '=', sql.lit('intended')),
  )

/**
 * Reads an operation within the write that is to end it, and keeps it as it is until that write is over: for what must
 * not be done a second time, nor after the operation was given up.
 */
export const lockOperation = async (trx: Kysely<Database>, operationId: string): Promise<OperationRow> =>
  theOnly((await holdOperation(trx, { operationId })).rows)

const holdOperation = prepare((db, value: Placeholders<{ operationId: string }>) =>
  db
    .updateTable('operation')
    .set(({ ref }) => ({ lease_until: ref('lease_until') }))
    .where('operation_id', '=', value.operationId)
    .returningAll(),
)
