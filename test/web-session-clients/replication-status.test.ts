import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientRow } from '../../src/database/schema.ts'
import { refreshReplication } from '../../src/web-session-clients/replication-status.ts'
import { clientRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'

test('whether a client is published is judged by when PingFederate saved it, not by our clock', async t => {
  const store = await openSqliteStore(t)
  const savedAt = '2026-02-03T04:05:06.000Z'
  const row = { ...clientRow({ replication: 'replicating', saved_at: savedAt }), version: 1 } as ClientRow
  await store.write(trx => trx.insertInto('client').values(row).execute())
  const asked: (string | null)[] = []
  const replication = {
    isPublished: async (at: string | null) => {
      asked.push(at)
      return true
    },
  }
  const [refreshed] = await refreshReplication({ store, replication: replication as never }, [row])
  assert.deepEqual([asked, refreshed?.replication], [[savedAt], 'ready'])
})
