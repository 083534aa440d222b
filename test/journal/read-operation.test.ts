import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findOpen, isGivenUp } from '../../src/journal/read-operation.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture } from '../database/rows.ts'
import { beginOperation, setOperation } from './begun.ts'

onEachEngine('reading operations', openStore => {
  test('an operation is given up once it has failed, and for its own client; only an unfinished one holds a client', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    const expected = {
      intended: [false, 'operation'],
      done: [false, undefined],
      failed: [true, undefined],
    } as const
    for (const state of ['done', 'failed', 'intended'] as const) {
      await setOperation(store, { state })
      const read = [
        await isGivenUp(store.db, 'operation', 'pa_wam'),
        await findOpen(store.db, 'pa_wam'),
        await isGivenUp(store.db, 'operation', 'other'),
        await isGivenUp(store.db, undefined, 'pa_wam'),
        await isGivenUp(store.db, 'another operation', 'pa_wam'),
        await findOpen(store.db, 'other'),
      ]
      assert.deepEqual(read, [...expected[state], false, false, false, undefined], state)
    }
  })
})
