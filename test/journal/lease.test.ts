import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { endLeaseSoon, holdForLateCall } from '../../src/journal/lease.ts'
import { readOperation } from '../../src/journal/read-operation.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture, operationRow } from '../database/rows.ts'
import { beginOperation, databaseTimeIn, expired, leasedUnder, readAll } from './begun.ts'
import { createSettler } from './settler.ts'

const holdFor = (store: Store, fence = 1): Promise<boolean> =>
  holdForLateCall(store, { operationId: 'operation', fence }, 10_000)

onEachEngine('lease', openStore => {
  test('before a take-over the lease is made longer, by thirty time-outs from now, and nobody settles it until then', async t => {
    const store = await openStore(t)
    await beginOperation(store, await databaseTimeIn(store, 1_000))
    const before = await databaseTimeIn(store, 300_000)
    assert.equal(await holdFor(store), true)
    const { lease_until: until } = await readOperation(store.db, 'operation')
    assert.ok(until >= before && until <= (await databaseTimeIn(store, 300_000)))
    assert.equal(await createSettler(store).settle(), undefined)
  })

  test('no take-over by whoever has lost the lease: it is over, another process has it, or the operation has ended', async t => {
    const store = await openStore(t)
    await beginOperation(store, expired)
    assert.equal(await holdFor(store), false)
    await store.write(trx => trx.updateTable('operation').set({ lease_until: farFuture, fence: 2 }).execute())
    assert.equal(await holdFor(store, 1), false)
    await store.write(trx => trx.updateTable('operation').set({ state: 'failed' }).execute())
    assert.equal(await holdFor(store, 2), false)
    assert.equal((await readOperation(store.db, 'operation')).lease_until, farFuture)
  })

  test('what a request leaves open is settled a time-out later, unless somebody else has the lease by then', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    const leave = (fence: number) => endLeaseSoon(store, { operationId: 'operation', fence }, 10_000)
    await leave(2)
    assert.equal((await readOperation(store.db, 'operation')).lease_until, farFuture)
    const before = await databaseTimeIn(store, 10_000)
    await leave(1)
    const { lease_until: until } = await readOperation(store.db, 'operation')
    assert.ok(until >= before && until <= (await databaseTimeIn(store, 10_000)))
    assert.equal(await createSettler(store).settle(), undefined)
  })

  test('what has ended has no lease to end', async t => {
    const store = await openStore(t)
    for (const state of ['done', 'failed'] as const) {
      await store.write(trx => trx.deleteFrom('operation').execute())
      await store.write(trx =>
        trx
          .insertInto('operation')
          .values(operationRow({ state, lease_until: expired }))
          .execute(),
      )
      const before = await readAll(store)
      await endLeaseSoon(store, leasedUnder(1), 10_000)
      assert.deepEqual(await readAll(store), before)
    }
  })
})
