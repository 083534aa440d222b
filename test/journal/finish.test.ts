import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { failChange, finishChange } from '../../src/journal/finish.ts'
import { kinds } from '../../src/web-session-clients/client-journal.ts'
import { audited } from '../audit/audited.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture } from '../database/rows.ts'
import { beginOperation, leasedUnder, readAll, setOperation } from './begun.ts'

const failUnder = (store: Store, fence: number): Promise<void> =>
  failChange(audited(store), kinds.create, leasedUnder(fence), { code: 'outcome_unknown' })

const finishAs = (store: Store, replication: 'ready' | 'replicating'): Promise<string> =>
  finishChange(audited(store), kinds.create, leasedUnder(1), { savedAt: null, replication })

onEachEngine('the end of an operation', openStore => {
  test('whoever has lost the lease ends nothing as failed; whoever has it does, once', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await setOperation(store, { fence: 2 })
    const before = await readAll(store)
    await failUnder(store, 1)
    assert.deepEqual(await readAll(store), before)
    await failUnder(store, 2)
    const after = await readAll(store)
    assert.equal(after.operations[0]?.state, 'failed')
    assert.deepEqual([after.clients, after.retrievals, after.outcomes], [[], [], ['failed']])
    await failUnder(store, 2)
    assert.deepEqual(await readAll(store), after)
  })

  test('what has ended as done does not fail any more', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await finishAs(store, 'ready')
    const before = await readAll(store)
    assert.equal(before.operations[0]?.state, 'done')
    await failUnder(store, 1)
    assert.deepEqual(await readAll(store), before)
  })

  test('done wins over a lost lease, and of two that end an operation as done the first one’s end and event are kept', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await setOperation(store, { fence: 2 })
    const facts = await finishAs(store, 'replicating')
    const { operations, outcomes } = await readAll(store)
    assert.deepEqual([operations[0]?.state, operations[0]?.facts, outcomes], ['done', facts, ['done']])
    await finishAs(store, 'ready')
    const after = await readAll(store)
    assert.deepEqual([after.operations, after.outcomes], [operations, ['done']])
  })

  test('what was given up is not done any more: whoever comes late is told so, and writes nothing', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await failUnder(store, 1)
    const before = await readAll(store)
    await assert.rejects(finishAs(store, 'ready'), { code: 'outcome_unknown' })
    assert.deepEqual(await readAll(store), before)
  })
})
