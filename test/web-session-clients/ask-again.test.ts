import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAskAgain } from '../../src/web-session-clients/ask-again.ts'
import { clientRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'

test('73: a client that never reaches the engines is asked about in seven rounds, however many others are saved meanwhile', async t => {
  const store = await openSqliteStore(t)
  const rows = ['pa_wam', 'other'].map(client_id => clientRow({ client_id, replication: 'replicating' }))
  await store.write(trx => trx.insertInto('client').values(rows).execute())
  const asked: string[] = []
  const findStatusOf = async (clientId: string) => {
    asked.push(clientId)
    return 'replicating' as const
  }
  const { add, ask } = createAskAgain({ store, replication: { findStatusOf } })
  add(['pa_wam'])
  for (let round = 0; round < 10; round += 1) {
    add(['other'])
    await ask()
  }
  assert.equal(asked.filter(clientId => clientId === 'pa_wam').length, 7)
})

test('of many clients only those that are not ready yet are asked about', async t => {
  const store = await openSqliteStore(t)
  const ids = Array.from({ length: 600 }, (_, index) => `client-${index}`)
  const rows = ids.map((client_id, index) =>
    clientRow({ client_id, replication: index === 599 ? 'replicating' : 'ready' }),
  )
  await store.write(trx => trx.insertInto('client').values(rows).execute())
  const asked: string[] = []
  const findStatusOf = async (clientId: string) => {
    asked.push(clientId)
    return 'ready' as const
  }
  const { add, ask } = createAskAgain({ store, replication: { findStatusOf } })
  add(ids)
  await ask()
  await ask()
  assert.deepEqual(asked, ['client-599'])
})
