import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { measureOpenOperations } from '../../src/journal/measure-open.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture, operationRow } from '../database/rows.ts'
import { expired } from './begun.ts'

onEachEngine('open operations', openStore => {
  test('the journal tells how many operations have not ended, how many nobody works on, and for how long', async t => {
    const store = await openStore(t)
    assert.deepEqual(await measureOpenOperations(store), { open: 0, abandoned: 0, lagSeconds: 0 })
    const row = await store.db
      .selectNoFrom(sql<string>`database_time(-90000)`.as('ago'))
      .executeTakeFirstOrThrow()
    const operations = [
      { lease_until: farFuture, created_at: row.ago },
      // A lease that is taken again and again makes it no younger.
      { lease_until: row.ago, created_at: row.ago },
      { lease_until: row.ago, created_at: row.ago },
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
