import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { clientStatuses, retrievalStates } from '../../src/database/vocabulary.ts'
import { readRetrieval } from '../../src/secret-retrievals/find-retrieval.ts'
import { toRetrievalState } from '../../src/secret-retrievals/retrieval-state.ts'
import { toWebSessionClient } from '../../src/web-session-clients/client-row.ts'
import { findClients } from '../../src/web-session-clients/find-clients.ts'
import type { ListFilters } from '../../src/web-session-clients/list-filters.ts'
import { onEachEngine } from '../database/engines.ts'
import { retrievalRow } from '../database/rows.ts'
import { databaseTimeIn } from '../journal/begun.ts'
import { insertClients } from './many-clients.ts'

const find = async (store: Store, filters: ListFilters): Promise<string[]> => {
  const { rows } = await findClients(store, { teams: ['payments'], limit: 200, after: undefined, ...filters })
  return rows.map(({ client_id: id }) => id)
}

/** Every state of replication, switched on and off. */
const everyStatus = (['ready', 'replicating', 'failed'] as const).flatMap(replication => [
  { client_id: `${replication}-on`, replication },
  {
    ...{ client_id: `${replication}-off`, replication, settings: '{"enabled":false}' },
    disabled_at: '2026-01-01T00:00:00.000Z',
  },
])

onEachEngine('list filters', openStore => {
  test('200: each status finds the clients that are answered with it, and every client has one', async t => {
    const store = await openStore(t)
    await insertClients(store, everyStatus)
    const rows = await store.db.selectFrom('client').selectAll().orderBy('client_id').execute()
    const found = []
    for (const status of clientStatuses) {
      const expected = rows.filter(row => toWebSessionClient(row).status === status)
      assert.deepEqual(
        await find(store, { status }),
        expected.map(row => row.client_id),
      )
      found.push(...expected)
    }
    assert.equal(found.length, everyStatus.length)
  })

  test('200: each state of the hand-out finds the clients that are answered with it, one past its time among the expired', async t => {
    const store = await openStore(t)
    const [past, soon] = [await databaseTimeIn(store, -1), await databaseTimeIn(store, 600_000)]
    await insertClients(
      store,
      retrievalStates.flatMap(state => [
        { client_id: `${state}-past`, retrieval: { state, expires_at: past } },
        { client_id: `${state}-soon`, retrieval: { state, expires_at: soon } },
      ]),
    )
    for (const retrieval of retrievalStates) {
      const all = await find(store, {})
      const states = await Promise.all(
        all.map(async id => toRetrievalState(await readRetrieval(store.db, id)).state),
      )
      assert.deepEqual(
        await find(store, { retrieval }),
        all.filter((_, index) => states[index] === retrieval),
      )
    }
    assert.deepEqual(await find(store, { retrieval: 'outstanding' }), ['outstanding-soon'])
  })

  test('200: only the hand-out of the secret in force counts, not that of one before', async t => {
    const store = await openStore(t)
    await insertClients(store, [{ client_id: 'rotated' }])
    const former = retrievalRow({ retrieval_id: 'former', client_id: 'rotated', state: 'revoked' })
    await store.write(trx => trx.insertInto('retrieval').values(former).execute())
    assert.deepEqual(await find(store, { retrieval: 'revoked' }), [])
    assert.deepEqual(await find(store, { retrieval: 'outstanding' }), ['rotated'])
  })
})

onEachEngine('the age of secrets and several filters', openStore => {
  test('200: a secret is older than so many days by the database’s clock, to the millisecond', async t => {
    const store = await openStore(t)
    const dayMs = 86_400_000
    await insertClients(store, [
      { client_id: 'younger', retrieval: { created_at: await databaseTimeIn(store, -30 * dayMs + 60_000) } },
      { client_id: 'older', retrieval: { created_at: await databaseTimeIn(store, -30 * dayMs - 1) } },
    ])
    assert.deepEqual(await find(store, { secretOlderThanDays: 30 }), ['older'])
    assert.deepEqual(await find(store, { secretOlderThanDays: 29 }), ['older', 'younger'])
    assert.deepEqual(await find(store, { secretOlderThanDays: 36_500 }), [])
  })

  test('200: filters are combined', async t => {
    const store = await openStore(t)
    const old = { state: 'redeemed', created_at: '2020-01-01T00:00:00.000Z' } as const
    const fitting = { search_text: 'pay', replication: 'failed', retrieval: old } as const
    const young = { ...old, created_at: await databaseTimeIn(store, 0) }
    await insertClients(store, [
      { client_id: 'all', ...fitting },
      { client_id: 'search', ...fitting, search_text: 'other' },
      { client_id: 'status', ...fitting, replication: 'ready' },
      { client_id: 'retrieval', ...fitting, retrieval: { ...old, state: 'outstanding' } },
      { client_id: 'age', ...fitting, retrieval: young },
    ])
    const filters = {
      search: 'pay',
      status: 'failed',
      retrieval: 'redeemed',
      secretOlderThanDays: 30,
    } as const
    assert.deepEqual(await find(store, filters), ['all'])
  })
})
