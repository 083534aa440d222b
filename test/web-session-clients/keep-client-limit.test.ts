import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { Problem } from '../../src/problem.ts'
import { keepClientLimit } from '../../src/web-session-clients/keep-client-limit.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { clientRow } from '../database/rows.ts'
import { openPostgresStore, openSqliteStore } from '../database/stores.ts'

const server = usePostgresServer()

const engines: Record<string, (t: TestContext) => Promise<Store>> = {
  SQLite: openSqliteStore,
  PostgreSQL: async t => openPostgresStore(t, await server.createDatabase(t)),
}

const refusal = new Problem('not_allowed_by_policy', 'No more.')
const limit = { team: 'payments', maximum: 2, rule: null, refusal }

/** Reserves a client under the limit, in the one transaction in which both stand or fall. */
const reserve = (store: Store, clientId: string, team = 'payments'): Promise<void> =>
  store.write(async trx => {
    await trx
      .insertInto('client')
      .values(clientRow({ client_id: clientId, team }))
      .execute()
    await keepClientLimit(store, trx, { ...limit, team })
  })

const idsOf = async ({ db }: Store): Promise<string[]> =>
  (await db.selectFrom('client').select('client_id').orderBy('client_id').execute()).map(row => row.client_id)

for (const [engine, open] of Object.entries(engines)) {
  test(`the client that is one too many is refused and not reserved, another team’s is, on ${engine}`, async t => {
    const store = await open(t)
    await reserve(store, 'a')
    await reserve(store, 'b')
    await assert.rejects(reserve(store, 'c'), refusal)
    await reserve(store, 'd', 'shop')
    assert.deepEqual(await idsOf(store), ['a', 'b', 'd'])
  })

  test(`of many at once as many are kept as there may be, on ${engine}`, async t => {
    const store = await open(t)
    const settled = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(id => reserve(store, id)))
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, limit.maximum)
    assert.equal((await idsOf(store)).length, limit.maximum)
  })
}

test('without a limit nobody is counted', async t => {
  const store = await openSqliteStore(t)
  await store.write(trx => keepClientLimit(store, trx, undefined))
})
