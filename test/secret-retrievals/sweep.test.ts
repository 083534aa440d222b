import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Store } from '../../src/database/store.ts'
import { sweepExpired } from '../../src/secret-retrievals/sweep.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture, retrievalRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'
import { expired } from '../journal/begun.ts'
import { openJournal } from '../journal/journal.ts'
import { startTestService } from '../service.ts'
import { untilSwept } from '../until-swept.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { createRetrieval, lookUp, readRows, redeem } from './retrievals.ts'

const hourMs = 3_600_000
const statesOf = (path: string): unknown[] =>
  readRows(path, 'select state, sealed is null as erased from retrieval order by client_id').map(row => ({
    ...row,
  }))

test('expired secrets are erased, those that still run and those redeemed are left as they are', async t => {
  const service = await startTestService(t)
  await createRetrieval(service, { clientId: 'a-short', ttlSeconds: 900 })
  await createRetrieval(service, { clientId: 'b-long', ttlSeconds: 86_400 })
  await redeem(service, await createRetrieval(service, { clientId: 'c-redeemed', ttlSeconds: 900 }))
  await service.stop()
  const { store } = await openJournal(t, service)
  assert.deepEqual(await sweepExpired(store), { retrievals: 1, idempotencyKeys: 0 })
  assert.deepEqual(statesOf(service.databasePath), [
    { state: 'expired', erased: 1 },
    { state: 'outstanding', erased: 0 },
    { state: 'redeemed', erased: 1 },
  ])
  assert.deepEqual(await sweepExpired(store), { retrievals: 0, idempotencyKeys: 0 })
})

test('idempotency keys are forgotten after 48 hours and not before', async t => {
  const service = await startTestService(t)
  await createUnderKey(service, createKey())
  await service.stop()
  const early = await openJournal(t, service, { aheadMs: 47 * hourMs })
  assert.equal((await sweepExpired(early.store)).idempotencyKeys, 0)
  await early.store.close()
  const late = await openJournal(t, service, { aheadMs: 48 * hourMs })
  assert.equal((await sweepExpired(late.store)).idempotencyKeys, 1)
  assert.deepEqual(readRows(service.databasePath, 'select * from idempotency'), [])
})

test('more than one transaction’s worth is swept in one go', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  await service.stop()
  const { store } = await openJournal(t, service)
  const row = await store.db.selectFrom('retrieval').selectAll().executeTakeFirstOrThrow()
  const copies = Array.from({ length: 1_100 }, (_, index) => ({ ...row, retrieval_id: `copy-${index}` }))
  await store.write(async trx => {
    for (const copy of copies) await trx.insertInto('retrieval').values(copy).execute()
  })
  assert.equal((await sweepExpired(store)).retrievals, 1_101)
  const left = await store.db.selectFrom('retrieval').where('sealed', 'is not', null).selectAll().execute()
  assert.deepEqual(left, [])
})

test('a sweep that is told to stop ends after one transaction, and the next takes up the rest', async t => {
  const store = await openSqliteStore(t)
  await store.write(async trx => {
    for (let index = 0; index < 1_100; index += 1) {
      const row = retrievalRow({ retrieval_id: `retrieval-${index}`, expires_at: '2026-01-01T00:00:00.000Z' })
      await trx.insertInto('retrieval').values(row).execute()
    }
  })
  const stopping = new AbortController()
  const write: typeof store.write = (...parameters) => {
    stopping.abort()
    return store.write(...parameters)
  }
  assert.deepEqual(await sweepExpired({ ...store, write }, stopping.signal), {
    retrievals: 500,
    idempotencyKeys: 0,
  })
  assert.equal((await sweepExpired(store, stopping.signal)).retrievals, 0)
  assert.equal((await sweepExpired(store)).retrievals, 600)
})

test('what is due at the start of the service is swept without anybody asking', async t => {
  const first = await startTestService(t)
  const token = await createRetrieval(first)
  await createUnderKey(first, createKey(), { body: { ...smallest, clientId: 'other' } })
  await first.stop()
  const second = await startTestService(t, { after: first, world: { now: () => Date.now() + 49 * hourMs } })
  await untilSwept(second)
  await second.stop()
  assert.deepEqual(statesOf(first.databasePath), Array(2).fill({ state: 'expired', erased: 1 }))
  assert.deepEqual(readRows(first.databasePath, 'select * from idempotency'), [])
  const third = await startTestService(t, { after: first })
  assert.equal(
    (await redeem(third, token)).body.code,
    'retrieval_expired',
    'though its clock says there is time',
  )
})

test('45: 410 for ever once seen expired, also after the clock was set back an hour', async t => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const key = createKey()
  const created = await createUnderKey(service, key)
  const { token } = created.body.retrieval
  ahead = hourMs
  assert.equal((await redeem(service, token)).body.code, 'retrieval_expired')
  ahead = 0
  const { status, body } = await redeem(service, token)
  assert.deepEqual([status, body.code], [410, 'retrieval_expired'])
  assert.equal((await lookUp(service, token)).body.state, 'expired')
  assert.equal((await createUnderKey(service, key)).body.retrieval.token, null)
})

/** More than one batch. */
const dueRows = 1_200

const insertDue = (store: Store): Promise<void> =>
  store.write(async trx => {
    const at = (index: number) => (index < dueRows ? sql<string>`database_time()` : farFuture)
    // In pieces, because the number of values in one statement is limited.
    for (let from = 0; from < dueRows + 10; from += 100) {
      const indexes = Array.from({ length: Math.min(100, dueRows + 10 - from) }, (_, offset) => from + offset)
      const retrievals = indexes.map(index => ({
        ...retrievalRow({ retrieval_id: `retrieval ${index}` }),
        expires_at: at(index),
      }))
      await trx.insertInto('retrieval').values(retrievals).execute()
      const keys = indexes.map(index => ({
        idempotency_id: `key ${index}`,
        request_digest: 'digest',
        operation_id: 'operation',
        created_at: expired,
        expires_at: at(index),
      }))
      await trx.insertInto('idempotency').values(keys).execute()
    }
  })

const countByState = async (store: Store): Promise<Record<string, number>> => {
  const rows = await store.db.selectFrom('retrieval').select('state').execute()
  const counts: Record<string, number> = {}
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

onEachEngine('sweep', openStore => {
  test('a sweep erases what is due, several batches of it, and nothing else', async t => {
    const store = await openStore(t)
    await insertDue(store)
    await store.write(trx =>
      trx
        .insertInto('retrieval')
        .values(
          retrievalRow({ retrieval_id: 'redeemed', state: 'redeemed', sealed: null, expires_at: expired }),
        )
        .execute(),
    )
    assert.deepEqual(await sweepExpired(store), { retrievals: dueRows, idempotencyKeys: dueRows })
    assert.deepEqual(await sweepExpired(store), { retrievals: 0, idempotencyKeys: 0 })
    assert.deepEqual(await countByState(store), { expired: dueRows, outstanding: 10, redeemed: 1 })
    const sealed = await store.db
      .selectFrom('retrieval')
      .select('state')
      .where('sealed', 'is not', null)
      .execute()
    assert.equal(sealed.length, 10)
    assert.equal((await store.db.selectFrom('idempotency').select('expires_at').execute()).length, 10)
  })

  test('sweeps at the same moment do the work once between them', async t => {
    const store = await openStore(t)
    await insertDue(store)
    const sweeps = await Promise.all([sweepExpired(store), sweepExpired(store), sweepExpired(store)])
    assert.equal(
      sweeps.reduce((sum, { retrievals }) => sum + retrievals, 0),
      dueRows,
    )
    assert.deepEqual(await countByState(store), { expired: dueRows, outstanding: 10 })
  })
})
