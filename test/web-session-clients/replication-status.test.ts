import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ClientRow } from '../../src/database/schema.ts'
import type { Replication } from '../../src/pingfederate/replication.ts'
import { refreshReplication } from '../../src/web-session-clients/replication-status.ts'
import { clientRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'

/** A store with one client, and what became of it when its status was read as `told`. */
const refresh = async (t: TestContext, replication: 'replicating' | 'failed', told: Told) => {
  const store = await openSqliteStore(t)
  const savedAt = '2026-02-03T04:05:06.000Z'
  const row = { ...clientRow({ replication, saved_at: savedAt }), version: 1 } as ClientRow
  await store.write(trx => trx.insertInto('client').values(row).execute())
  const asked: (string | null)[] = []
  const findStatus = async (of: ClientRow) => {
    asked.push(of.saved_at)
    return told
  }
  const [refreshed] = await refreshReplication({ store, findStatus }, [row])
  const stored = await store.db.selectFrom('client').select('replication').executeTakeFirstOrThrow()
  assert.equal(stored.replication, refreshed?.replication)
  assert.deepEqual(asked, [savedAt])
  return stored.replication
}
type Told = Awaited<ReturnType<Replication['findStatus']>>

test('what a client’s status is follows from when PingFederate saved it, not from our clock', async t => {
  assert.equal(await refresh(t, 'replicating', 'ready'), 'ready')
  assert.equal(await refresh(t, 'replicating', 'failed'), 'failed')
  assert.equal(await refresh(t, 'failed', 'ready'), 'ready')
})

test('74: what is not known, or no news, changes nothing', async t => {
  assert.equal(await refresh(t, 'replicating', undefined), 'replicating')
  assert.equal(await refresh(t, 'failed', 'replicating'), 'failed')
  assert.equal(await refresh(t, 'failed', undefined), 'failed')
})
