import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CompiledQuery } from 'kysely'
import type { Store } from '../../src/database/store.ts'
import { countClients, selectCounts } from '../../src/web-session-clients/count-clients.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { clientRow } from '../database/rows.ts'
import { openPostgresStore, openSqliteStore } from '../database/stores.ts'

const server = usePostgresServer()

const engines: Record<string, (t: TestContext) => Promise<Store>> = {
  SQLite: openSqliteStore,
  PostgreSQL: async t => openPostgresStore(t, await server.createDatabase(t)),
}

const insert = (store: Store, team: string, count: number, state: 'active' | 'provisioning' = 'active') =>
  store.write(async trx => {
    const ids = Array.from({ length: count }, (_, index) => `${team}-${state}-${index}`)
    const rows = ids.map(client_id => clientRow({ client_id, team, state }))
    await trx.insertInto('client').values(rows).execute()
  })

for (const [engine, open] of Object.entries(engines)) {
  test(`each team has its own count, with what is being created, up to where its counting ends, on ${engine}`, async t => {
    const store = await open(t)
    await insert(store, 'payments', 3)
    await insert(store, 'payments', 2, 'provisioning')
    await insert(store, 'shop', 4)
    const counts = await countClients(store.db, [
      { team: 'payments', atMost: 100 },
      { team: 'nobodys', atMost: 100 },
      { team: 'shop', atMost: 2 },
    ])
    assert.deepEqual(counts, [5, 0, 2])
    assert.deepEqual(await countClients(store.db, []), [])
  })

  test(`200 teams, which are as many as a page has, are counted at once, on ${engine}`, async t => {
    const store = await open(t)
    const teams = Array.from({ length: 200 }, (_, index) => `team-${index}`)
    await insert(store, 'team-199', 1)
    const counts = await countClients(
      store.db,
      teams.map(team => ({ team, atMost: 10_001 })),
    )
    assert.deepEqual(counts, [...Array<number>(199).fill(0), 1])
  })
}

test('counting reads the index by team and nothing of the table', async t => {
  const { db } = await openSqliteStore(t)
  const { sql: text } = selectCounts(db, [{ team: 'payments', atMost: 1 }]).compile()
  const { rows } = await db.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${text}`, ['payments', 1]),
  )
  const reads = rows.map(({ detail }) => detail).filter(detail => /^(SEARCH|SCAN) client/.test(detail))
  assert.deepEqual(reads, ['SEARCH client USING COVERING INDEX client_by_team (team=?)'])
})
