import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertClients } from '../web-session-clients/many-clients.ts'
import { openSqliteStore } from './stores.ts'

test('a batch takes in so many clients that it holds up nothing else for long, and the last says so', async t => {
  const store = await openSqliteStore(t)
  await insertClients(
    store,
    Array.from({ length: 501 }, (_, index) => ({ client_id: `client-${index}` })),
  )
  const more = [await store.textIndex.tend(), await store.textIndex.tend(), await store.textIndex.tend()]
  assert.deepEqual(more, [true, true, false])
})
