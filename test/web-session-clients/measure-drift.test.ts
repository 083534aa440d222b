import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureDrift } from '../../src/web-session-clients/measure-drift.ts'
import { onEachEngine } from '../database/engines.ts'
import { clientRow } from '../database/rows.ts'

onEachEngine('measuring drift', openStore => {
  test('counts clients by how they have drifted, and none that have not', async t => {
    const store = await openStore(t)
    assert.deepEqual(await measureDrift(store), { changed: 0, reenabled: 0, missing: 0, foreign: 0 })
    const drifts = ['changed', 'changed', null, 'missing', 'reenabled', null] as const
    const rows = drifts.map((drift, index) => clientRow({ client_id: `client-${index}`, drift }))
    await store.write(trx => trx.insertInto('client').values(rows).execute())
    assert.deepEqual(await measureDrift(store), { changed: 2, reenabled: 1, missing: 1, foreign: 0 })
  })

  test('counts ten thousand at most', async t => {
    const store = await openStore(t)
    const rows = Array.from({ length: 1_000 }, (_, index) => index)
    for (let batch = 0; batch < 11; batch += 1)
      await store.write(trx =>
        trx
          .insertInto('client')
          .values(rows.map(index => clientRow({ client_id: `c-${batch}-${index}`, drift: 'changed' })))
          .execute(),
      )
    assert.equal((await measureDrift(store)).changed, 10_000)
  })
})
