import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import pino from 'pino'
import type { AuditedStore } from '../src/audit/record.ts'
import { startMaintenance } from '../src/maintenance.ts'
import { createMetrics } from '../src/metrics/metrics.ts'
import { audited } from './audit/audited.ts'
import { clientRow } from './database/rows.ts'
import { openSqliteStore } from './database/stores.ts'

type Options = Partial<Parameters<typeof startMaintenance>[0]> & { store: AuditedStore }

const noClients = { findClient: async () => undefined, readPolicyAttributes: async () => undefined }

/** Maintenance whose timers the test turns; what it is not about does nothing. */
const start = (t: TestContext, options: Options) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  return startMaintenance({
    recover: async () => undefined,
    pingFederate: { ...noClients, listClients: async () => [] },
    pingAccess: undefined,
    runtime: { urls: [] },
    tokenProvider: { read: () => assert.fail('there is no node to ask') },
    installation: { lookWhenDue: async () => undefined },
    newId: () => 'id',
    log: pino({ enabled: false }),
    now: () => 0,
    metrics: createMetrics().journal,
    ...options,
  })
}

/** Calls back when a round of the task has come to its end. */
const tellSuccess = (wanted: string, onSuccess: () => void): ReturnType<typeof createMetrics>['journal'] => ({
  ...createMetrics().journal,
  succeeded: task => {
    if (task === wanted) onSuccess()
  },
})

test('recovery comes at once and every ten seconds, a walk over all clients only once an hour', async t => {
  const store = audited(await openSqliteStore(t))
  let recoveries = 0
  let looks = 0
  const recover = async () => {
    recoveries += 1
  }
  const listClients = async () => {
    looks += 1
    return []
  }
  let ended = Promise.withResolvers<void>()
  const metrics = tellSuccess('recovery', () => ended.resolve())
  const tick = async (ms: number) => {
    await ended.promise
    await setImmediate()
    ended = Promise.withResolvers()
    t.mock.timers.tick(ms)
  }
  const { stop } = start(t, { store, recover, pingFederate: { ...noClients, listClients }, metrics })
  assert.deepEqual([recoveries, looks], [1, 0])
  for (let seconds = 10; seconds < 3_600; seconds += 10) await tick(10_000)
  await tick(9_999)
  assert.deepEqual([recoveries, looks], [360, 0])
  t.mock.timers.tick(1)
  assert.deepEqual([recoveries, looks], [361, 1])
  await stop()
})

test('whether a look at the installation is due is asked every five minutes, and not at once: that is the start’s', async t => {
  const store = audited(await openSqliteStore(t))
  let asked = 0
  const lookWhenDue = async () => {
    asked += 1
  }
  const { stop } = start(t, { store, installation: { lookWhenDue } })
  t.mock.timers.tick(299_999)
  assert.equal(asked, 0)
  t.mock.timers.tick(1)
  assert.equal(asked, 1)
  await stop()
})

test('the database’s clock is read with every round of recovery', async t => {
  const store = audited(await openSqliteStore(t))
  let reads = 0
  const readClock = async () => {
    reads += 1
  }
  const { stop } = start(t, { store: { ...store, readClock } })
  await setImmediate()
  assert.equal(reads, 1)
  await stop()
})

test('the index of texts is tended every ten seconds until it is done, twenty times at most', async t => {
  const store = audited(await openSqliteStore(t))
  let left = 30
  const tended: number[] = []
  let ended = Promise.withResolvers<void>()
  const metrics = tellSuccess('search', () => ended.resolve())
  const tend = async () => {
    left -= 1
    return left > 0
  }
  const { stop } = start(t, { store: { ...store, textIndex: { ...store.textIndex, tend } }, metrics })
  for (const ms of [10_000, 0]) {
    await ended.promise
    tended.push(30 - left)
    await setImmediate()
    ended = Promise.withResolvers()
    t.mock.timers.tick(ms)
  }
  assert.deepEqual(tended, [20, 30])
  await stop()
})

/** A store whose writes end when the test says how many rows they have swept. */
const holdWrites = async (t: TestContext) => {
  const writes: ((swept: number) => void)[] = []
  const store = audited(await openSqliteStore(t))
  const write = () => new Promise<number>(resolve => writes.push(resolve))
  return { writes, store: { ...store, write: write as unknown as AuditedStore['write'] } }
}

const full = 500

test('a sweep that is due while the one before still runs is left out, and the next comes after it', async t => {
  const { writes, store } = await holdWrites(t)
  const { stop } = start(t, { store })
  t.mock.timers.tick(180_000)
  assert.equal(writes.length, 1)
  for (const swept of [full, 0, 0]) {
    writes.at(-1)?.(swept)
    await setImmediate()
  }
  assert.equal(writes.length, 3)
  t.mock.timers.tick(60_000)
  assert.equal(writes.length, 4)
  const stopped = stop()
  writes.at(-1)?.(0)
  await stopped
})

test('a stop waits for the transaction of a sweep that is under way, and for none after it', async t => {
  const { writes, store } = await holdWrites(t)
  const { stop } = start(t, { store })
  let isStopped = false
  const stopped = stop().then(() => {
    isStopped = true
  })
  await setImmediate()
  assert.equal(isStopped, false)
  writes.at(-1)?.(full)
  await setImmediate()
  assert.deepEqual([isStopped, writes.length], [true, 1])
  await stopped
})

test('what has drifted is marked by the walk of every hour, which is counted as `strays`', async t => {
  const store = audited(await openSqliteStore(t))
  await store.write(trx => trx.insertInto('client').values(clientRow({})).execute())
  const ended = Promise.withResolvers<void>()
  const metrics = tellSuccess('strays', () => ended.resolve())
  const { stop } = start(t, { store, metrics })
  t.mock.timers.tick(3_600_000)
  await ended.promise
  const { drift } = await store.db.selectFrom('client').select('drift').executeTakeFirstOrThrow()
  assert.equal(drift, 'missing')
  await stop()
})
