import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureOpenOperations } from '../../src/journal/measure-open.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture, operationRow } from '../database/rows.ts'
import { databaseTimeIn, expired } from './begun.ts'

onEachEngine('open operations', openStore => {
  test('72: the journal tells how many operations have not ended, how many nobody works on, and how long ago the oldest was begun', async t => {
    const store = await openStore(t)
    assert.deepEqual(await measureOpenOperations(store), { open: 0, abandoned: 0, lagSeconds: 0 })
    const [begun, justOver] = [await databaseTimeIn(store, -90_000), await databaseTimeIn(store, -1)]
    const operations = [
      { lease_until: farFuture, created_at: justOver },
      // A lease that is taken again and again makes it no younger.
      { lease_until: justOver, created_at: begun },
      { lease_until: justOver, created_at: justOver },
      { lease_until: expired, state: 'done' },
      { lease_until: expired, state: 'failed' },
    ] as const
    await store.write(trx =>
      trx
        .insertInto('operation')
        .values(
          operations.map((each, index) =>
            operationRow({ ...each, operation_id: `operation-${index}`, client_id: `client-${index}` }),
          ),
        )
        .execute(),
    )
    const { lagSeconds, ...counted } = await measureOpenOperations(store)
    assert.deepEqual(counted, { open: 3, abandoned: 2 })
    assert.ok(lagSeconds >= 90 && lagSeconds < 3_600)
  })
})
