import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { ReplicationState } from '../database/vocabulary.ts'

type Dependencies = {
  store: Pick<Store, 'write'>
  /** Undefined where PingFederate cannot be asked. */
  findStatus: (row: ClientRow) => Promise<ReplicationState | undefined>
}

/**
 * Brings `replication` of clients that had not reached the engines up to date. PingFederate is asked only while there
 * are such clients; when it cannot be asked they stay as they are.
 */
export const refreshReplication = (
  { store, findStatus }: Dependencies,
  rows: readonly ClientRow[],
): Promise<ClientRow[]> =>
  Promise.all(
    rows.map(async row => {
      if (row.replication === 'ready') return row
      const status = await findStatus(row)
      // What has failed stays so until it is done: that the engines have not got it is no news.
      if (status === undefined || status === 'replicating' || status === row.replication) return row
      await store.write(
        trx =>
          trx
            .updateTable('client')
            .set({ replication: status })
            .where('client_id', '=', row.client_id)
            .execute(),
        { durable: false },
      )
      return { ...row, replication: status }
    }),
  )
