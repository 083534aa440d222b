import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishClients } from '../../src/web-session-clients/publish.ts'
import { clientRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'

const toConfig = (replication: 'trigger' | 'report') => ({ pingFederate: { replication } })

for (const [isConfirmed, status] of [
  [true, 'ready'],
  [false, 'failed'],
] as const)
  test(`every client of the many is ${status} after one publishing, and no other client`, async t => {
    const store = await openSqliteStore(t)
    const ids = Array.from({ length: 600 }, (_, index) => `client-${index}`)
    const rows = [...ids, 'other'].map(client_id => clientRow({ client_id, replication: 'replicating' }))
    await store.write(trx => trx.insertInto('client').values(rows).execute())
    let published = 0
    const publish = async () => {
      published += 1
      return isConfirmed
    }
    await publishClients({ store, replication: { publish }, config: toConfig('trigger') }, ids)
    assert.equal(published, 1)
    const others = await store.db
      .selectFrom('client')
      .select(['client_id', 'replication'])
      .where('replication', '!=', status)
      .execute()
    assert.deepEqual(
      others.map(row => Object.values(row)),
      [['other', 'replicating']],
    )
  })

test('nothing is published where nothing was saved, or where the service is only to report', async t => {
  const store = await openSqliteStore(t)
  const replication = { publish: () => assert.fail('published') }
  await publishClients({ store, replication, config: toConfig('trigger') }, [])
  await publishClients({ store, replication, config: toConfig('report') }, ['pa_wam'])
})

test('where the status cannot be kept it stays as it was, and nothing is thrown', async t => {
  const store = await openSqliteStore(t)
  await store.write(trx =>
    trx
      .insertInto('client')
      .values(clientRow({ replication: 'replicating' }))
      .execute(),
  )
  const failing = { ...store, write: () => Promise.reject(new Error('from a test')) }
  await publishClients(
    { store: failing, replication: { publish: async () => true }, config: toConfig('trigger') },
    ['pa_wam'],
  )
  const { replication } = await store.db.selectFrom('client').select('replication').executeTakeFirstOrThrow()
  assert.equal(replication, 'replicating')
})

test('a batch that cannot be kept keeps no other batch from being written', async t => {
  const store = await openSqliteStore(t)
  const ids = Array.from({ length: 501 }, (_, index) => `client-${index}`)
  const rows = ids.map(client_id => clientRow({ client_id, replication: 'replicating' }))
  await store.write(trx => trx.insertInto('client').values(rows).execute())
  let failed = 0
  const failing: typeof store = {
    ...store,
    write: async (work, options) => {
      if (failed > 0) return store.write(work, options)
      failed += 1
      throw new Error('from a test')
    },
  }
  const replication = { publish: async () => true }
  await publishClients({ store: failing, replication, config: toConfig('trigger') }, ids)
  const left = await store.db
    .selectFrom('client')
    .select('client_id')
    .where('replication', '=', 'replicating')
    .execute()
  assert.deepEqual(left.map(row => row.client_id).toSorted(), ids.slice(0, 500).toSorted())
})
