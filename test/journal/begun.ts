import { sql } from 'kysely'
import type { OperationRow } from '../../src/database/schema.ts'
import type { Store } from '../../src/database/store.ts'
import { clientRow, operationRow, retrievalRow } from '../database/rows.ts'

export const actor = {
  principal: {
    subject: 'test',
    clientId: undefined,
    actingParties: [],
    teams: [],
    scopes: new Set<string>(),
  },
  requestId: 'request',
  address: null,
}

/** An operation that has begun and not ended, with the client and the retrieval that are its. */
export const beginOperation = async (store: Store, leaseUntil: string): Promise<void> =>
  store.write(async trx => {
    await trx
      .insertInto('client')
      .values(clientRow({ state: 'provisioning' }))
      .execute()
    await trx
      .insertInto('operation')
      .values(operationRow({ lease_until: leaseUntil }))
      .execute()
    await trx.insertInto('retrieval').values(retrievalRow({})).execute()
  })

export const setOperation = (store: Store, values: Partial<OperationRow>) =>
  store.write(trx => trx.updateTable('operation').set(values).execute())

/** The end of a lease that is over. */
export const expired = '2026-01-01T00:00:00.000Z'

/** The database's clock, some time from now. */
export const databaseTimeIn = async ({ db }: Store, laterMs: number): Promise<string> => {
  const row = await db.selectNoFrom(sql<string>`database_time(${laterMs})`.as('at')).executeTakeFirstOrThrow()
  return row.at
}

/** Everything that the end of an operation may touch. */
export const readAll = async ({ db }: Store) => ({
  operations: await db.selectFrom('operation').selectAll().execute(),
  clients: await db.selectFrom('client').selectAll().execute(),
  retrievals: await db.selectFrom('retrieval').selectAll().execute(),
  outcomes: (await db.selectFrom('audit_event').select('outcome').execute()).map(({ outcome }) => outcome),
})

export const leasedUnder = (fence: number) => ({
  ...{ operationId: 'operation', clientId: 'pa_wam', team: 'payments', fence, actor },
})
