import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Placeholders, prepare } from '../../src/database/statement.ts'
import { usePostgresServer } from './postgres-server.ts'
import { clientRow } from './rows.ts'
import { openPostgresStore, openSqliteStore } from './stores.ts'

const server = usePostgresServer()

test('a statement is built once for each engine, and run with the values of each run', async t => {
  let built = 0
  const find = prepare((db, value: Placeholders<{ clientId: string; team: string }>) => {
    built += 1
    return db
      .selectFrom('client')
      .select('client_id')
      .where('team', '=', value.team)
      .where('client_id', '=', value.clientId)
  })
  const stores = [await openSqliteStore(t), await openPostgresStore(t, await server.createDatabase(t))]
  for (const { db, write } of stores) {
    await write(trx => trx.insertInto('client').values(clientRow({})).execute())
    const count = async (clientId: string, team: string) => (await find(db, { clientId, team })).rows.length
    assert.deepEqual([await count('pa_wam', 'payments'), await count('payments', 'pa_wam')], [1, 0])
    // Within a transaction it is the same statement.
    const rows = await write(async trx => (await find(trx, { clientId: 'pa_wam', team: 'payments' })).rows)
    assert.equal(rows.length, 1)
  }
  assert.equal(built, stores.length)
})

test('a run throws where many at once would not be told their results, on either engine', async t => {
  const insert = prepare((db, value: Placeholders<{ clientId: string }>) =>
    db
      .insertInto('client')
      .values({ ...clientRow({}), client_id: value.clientId })
      .onConflict(conflict => conflict.doNothing()),
  )
  const { db } = await openSqliteStore(t)
  await assert.rejects(async () => insert(db, { clientId: 'pa_wam' }), /by which column/)
})
