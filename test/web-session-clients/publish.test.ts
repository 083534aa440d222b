import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPublisher } from '../../src/web-session-clients/publish.ts'
import { clientRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'

/** Engines that have come so far with every client. */
const engines = (status: 'ready' | 'replicating') => ({
  findStatus: async () => status,
  findStatusOf: async () => status,
})

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
    await createPublisher({
      store,
      replication: { publish, ...engines('ready') },
      config: toConfig('trigger'),
    })(ids)
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
  const replication = { publish: () => assert.fail('published'), ...engines('ready') }
  await createPublisher({ store, replication, config: toConfig('trigger') })([])
  await createPublisher({ store, replication, config: toConfig('report') })(['pa_wam'])
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
  const replicating = { publish: async () => true, ...engines('ready') }
  await createPublisher({ store: failing, replication: replicating, config: toConfig('trigger') })(['pa_wam'])
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
  const replication = { publish: async () => true, ...engines('ready') }
  await createPublisher({ store: failing, replication, config: toConfig('trigger') })(ids)
  const left = await store.db
    .selectFrom('client')
    .select('client_id')
    .where('replication', '=', 'replicating')
    .execute()
  assert.deepEqual(left.map(row => row.client_id).toSorted(), ids.slice(0, 500).toSorted())
})

test('75: a publishing that fails is tried again by the next call, with or without clients of its own; then it is ready', async t => {
  const store = await openSqliteStore(t)
  await store.write(trx =>
    trx
      .insertInto('client')
      .values(clientRow({ replication: 'replicating' }))
      .execute(),
  )
  const answers = [false, true]
  let published = 0
  const publish = async () => {
    published += 1
    return answers.shift() ?? assert.fail()
  }
  const status = async () =>
    (await store.db.selectFrom('client').select('replication').executeTakeFirstOrThrow()).replication
  const call = createPublisher({
    store,
    replication: { publish, ...engines('ready') },
    config: toConfig('trigger'),
  })
  await call(['pa_wam'])
  assert.equal(await status(), 'failed')
  await call([])
  assert.equal(await status(), 'ready')
  await call([])
  assert.equal(published, 2)
})

test('75: a publishing that goes on failing is given up after five tries, and nothing waits for ever', async t => {
  const store = await openSqliteStore(t)
  let published = 0
  const publish = async () => {
    published += 1
    return false
  }
  const call = createPublisher({
    store,
    replication: { publish, ...engines('ready') },
    config: toConfig('trigger'),
  })
  await call(['pa_wam'])
  for (let round = 0; round < 10; round += 1) await call([])
  assert.equal(published, 5)
})

test('73: what the engines were told and do not have yet is replicating, and not ready', async t => {
  const store = await openSqliteStore(t)
  await store.write(trx =>
    trx
      .insertInto('client')
      .values(clientRow({ replication: 'failed' }))
      .execute(),
  )
  const replication = { publish: async () => true, ...engines('replicating') }
  await createPublisher({ store, replication, config: toConfig('trigger') })(['pa_wam'])
  const row = await store.db.selectFrom('client').select('replication').executeTakeFirstOrThrow()
  assert.equal(row.replication, 'replicating')
})

for (const mode of ['report', 'trigger'] as const)
  test(`73: ${mode}: a client that the engines do not have yet is asked about again by the next rounds, until it is ready`, async t => {
    const store = await openSqliteStore(t)
    await store.write(trx =>
      trx
        .insertInto('client')
        .values(clientRow({ replication: 'replicating' }))
        .execute(),
    )
    const answers = ['replicating', undefined, 'ready'] as const
    const asked: string[] = []
    const findStatusOf = async (clientId: string) => {
      asked.push(clientId)
      return answers[asked.length - 1]
    }
    const replication = { ...engines('replicating'), publish: async () => true, findStatusOf }
    const call = createPublisher({ store, replication, config: toConfig(mode) })
    await call(['pa_wam'])
    assert.deepEqual(asked, [])
    const statuses: string[] = []
    for (let round = 0; round < 5; round += 1) {
      await call([])
      const row = await store.db.selectFrom('client').select('replication').executeTakeFirstOrThrow()
      statuses.push(row.replication)
    }
    assert.deepEqual(statuses, ['replicating', 'replicating', 'ready', 'ready', 'ready'])
    assert.deepEqual(asked, ['pa_wam', 'pa_wam', 'pa_wam'])
  })
