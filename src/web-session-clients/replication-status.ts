import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { Replication } from '../pingfederate/replication.ts'

/**
 * Brings `replication` of clients that had not reached the engines up to date. PingFederate is asked only while there
 * are such clients; when it cannot be asked they stay as they are.
 */
export const refreshReplication = (
  { store, replication }: { store: Store; replication: Replication },
  rows: readonly ClientRow[],
): Promise<ClientRow[]> =>
  Promise.all(
    rows.map(async row => {
      if (row.replication === 'ready' || !(await replication.isPublished(row.saved_at))) return row
      await store.write(
        trx =>
          trx
            .updateTable('client')
            .set({ replication: 'ready' })
            .where('client_id', '=', row.client_id)
            .execute(),
        {
          durable: false,
        },
      )
      return { ...row, replication: 'ready' as const }
    }),
  )
