import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClients } from '../../src/web-session-clients/measure-clients.ts'
import { onEachEngine } from '../database/engines.ts'
import { operationRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'
import { databaseTimeIn } from '../journal/begun.ts'
import { insertClients, insertMany } from './many-clients.ts'

const nothing = {
  ...{ expiredUnredeemed: 0, endingUnredeemed: 0, oldSecrets: 0 },
  byStatus: { ready: 0, replicating: 0, failed: 0, disabled: 0 },
}

const [hourMs, dayMs] = [3_600_000, 86_400_000]

onEachEngine('forgotten clients', openStore => {
  test('a token that ran out counts until somebody has a new secret, and what is redeemed, revoked or still works does not', async t => {
    const store = await openStore(t)
    const [past, now] = [await databaseTimeIn(store, -1), await databaseTimeIn(store, 0)]
    await insertClients(store, [
      { client_id: 'swept', retrieval: { state: 'expired', created_at: now } },
      { client_id: 'not-swept', retrieval: { expires_at: past, created_at: now } },
      { client_id: 'works', retrieval: { created_at: now } },
      { client_id: 'redeemed', retrieval: { state: 'redeemed', expires_at: past, created_at: now } },
      { client_id: 'revoked', retrieval: { state: 'revoked', expires_at: past, created_at: now } },
      { client_id: 'begun', state: 'provisioning', retrieval: { state: 'expired', created_at: now } },
    ])
    const expected = { ...nothing, expiredUnredeemed: 2, byStatus: { ...nothing.byStatus, ready: 5 } }
    assert.deepEqual(await measureClients(store), expected)
  })

  test('a former secret that has ended or does within a day counts while nobody has redeemed the new one', async t => {
    const store = await openStore(t)
    const inTime = async (ms: number) => ({
      previous_ends_at: await databaseTimeIn(store, ms),
      created_at: await databaseTimeIn(store, 0),
    })
    await insertClients(store, [
      { client_id: 'ended', retrieval: { state: 'expired', ...(await inTime(-hourMs)) } },
      { client_id: 'soon', retrieval: await inTime(dayMs - hourMs) },
      { client_id: 'dead', retrieval: { state: 'revoked', ...(await inTime(hourMs)) } },
      { client_id: 'later', retrieval: await inTime(dayMs + hourMs) },
      { client_id: 'redeemed', retrieval: { state: 'redeemed', ...(await inTime(hourMs)) } },
    ])
    assert.equal((await measureClients(store)).endingUnredeemed, 3)
  })

  test('a former secret does not count where PingAccess has the new one, and counts where that is not sure', async t => {
    const store = await openStore(t)
    const retrieval = { state: 'delivered', previous_ends_at: await databaseTimeIn(store, hourMs) } as const
    await insertClients(store, [
      { client_id: 'delivered', operation_id: 'done', retrieval },
      { client_id: 'cut-off', operation_id: 'cut-off', retrieval },
    ])
    await store.write(trx =>
      trx
        .insertInto('operation')
        .values([
          operationRow({ operation_id: 'done', client_id: 'delivered', kind: 'deliver', state: 'done' }),
          operationRow({ operation_id: 'cut-off', client_id: 'cut-off', kind: 'deliver', state: 'failed' }),
        ])
        .execute(),
    )
    assert.equal((await measureClients(store)).endingUnredeemed, 1)
  })
})

onEachEngine('all clients', openStore => {
  test('every client counts once, whatever its team, however many chunks there are, until the signal', async t => {
    const store = await openStore(t)
    assert.deepEqual(await measureClients(store), nothing)
    await insertMany(store, 1_201)
    await insertClients(store, [
      { client_id: 'a', team: 'shop', replication: 'failed', retrieval: { state: 'redeemed' } },
      {
        ...{ client_id: 'z', team: 'shop', disabled_at: await databaseTimeIn(store, 0) },
        retrieval: { state: 'redeemed', created_at: await databaseTimeIn(store, -366 * dayMs) },
      },
    ])
    const measured = await measureClients(store)
    assert.deepEqual(measured.byStatus, { ready: 1_201, replicating: 0, failed: 1, disabled: 1 })
    const old = await store.db
      .selectFrom('retrieval')
      .select('retrieval_id')
      .where('created_at', '<', await databaseTimeIn(store, -365 * dayMs))
      .execute()
    assert.equal(measured.oldSecrets, old.length)
    assert.deepEqual(await measureClients(store, AbortSignal.abort()), nothing)
  })
})

test('requests get their turn between the chunks, also on SQLite, which answers within one', async t => {
  const store = await openSqliteStore(t)
  await insertMany(store, 1_201)
  let turns = 0
  const count = (): void => {
    turns += 1
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  await measureClients(store)
  clearImmediate(next)
  assert.ok(turns >= 3)
})
