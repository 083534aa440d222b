import { type Kysely, sql } from 'kysely'
import type { Database } from '../../src/database/schema.ts'
import type { Store } from '../../src/database/store.ts'
import { clientRow, farFuture, retrievalRow } from '../database/rows.ts'

/** Id of the n-th of the clients below; ids sort as their numbers do. */
export const idOf = (index: number): string => `client-${100_000 + index}`

/** Makes that many clients, each with a redeemed retrieval of its own, in one statement for each table. */
export const insertMany = (store: Store, count: number): Promise<void> =>
  store.write(async trx => {
    await insertNumbered(trx, 'retrieval', { row: retrievalRow({ state: 'redeemed' }), count })
    await insertNumbered(trx, 'client', { row: clientRow({}), count })
  })

/** Rows that are alike but for their ids. */
const insertNumbered = async (
  db: Kysely<Database>,
  table: string,
  { row, count }: { row: Record<string, unknown>; count: number },
): Promise<void> => {
  const ids = ['client_id', 'retrieval_id']
  const same = Object.entries(row).filter(([name]) => !ids.includes(name))
  const columns = [...ids, ...same.map(([name]) => name)].map(name => sql.ref(name))
  const id = sql`'client-' || (100000 + number)`
  await sql`
    insert into ${sql.table(table)} (${sql.join(columns)})
    with recursive numbers (number) as (
      select 0 union all select number + 1 from numbers where number + 1 < ${sql.lit(count)}
    )
    select ${sql.join([id, id, ...same.map(([, value]) => sql.lit(value))])} from numbers
  `.execute(db)
}

type Client = Parameters<typeof clientRow>[0] & { retrieval?: Parameters<typeof retrievalRow>[0] }

/** Makes clients, each with a retrieval of its own. */
export const insertClients = (store: Store, clients: readonly (Client & { client_id: string })[]) =>
  store.write(async trx => {
    for (const { retrieval = {}, ...client } of clients) {
      const ids = { client_id: client.client_id, retrieval_id: client.client_id }
      const team = client.team ?? 'payments'
      await trx
        .insertInto('client')
        .values(clientRow({ ...ids, ...client }))
        .execute()
      await trx
        .insertInto('retrieval')
        .values(retrievalRow({ ...ids, team, expires_at: farFuture, ...retrieval }))
        .execute()
    }
  })
