import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { RecordEvent } from '../../src/audit/record.ts'
import type { Database } from '../../src/database/schema.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import { isDatabaseUnavailable } from '../../src/database/unavailable.ts'
import { audited } from '../audit/audited.ts'

type Trx = Kysely<Database>

const actor = {
  principal: {
    subject: 'ana',
    clientId: undefined,
    actingParties: [],
    teams: ['payments'],
    scopes: new Set<string>(),
  },
  requestId: 'request',
  address: null,
}

/** One audit event, named by its reason. */
const insert =
  (reason: string) =>
  (_trx: Trx, record: RecordEvent): Promise<void> =>
    record(actor, { action: 'client.create', outcome: 'intended', reason })

/** A store that tells what it has executed, without the statements of the work itself. */
const start = async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'data.db')
  const executed: string[] = []
  watch(t, executed)
  const store = audited(await openSqlite({ path, now: Date.now }))
  t.after(() => store.close().catch(() => undefined))
  executed.length = 0
  const count = (statement: string) => executed.filter(each => each === statement).length
  const reasons = async () =>
    (await store.db.selectFrom('audit_event').select('reason').orderBy('audit_event_id').execute()).map(
      ({ reason }) => reason,
    )
  return { path, store, executed, count, reasons }
}

/** Records what every connection prepares anew or executes; statements prepared once are seen at their runs. */
const watch = (t: TestContext, executed: string[]): void => {
  const { prepare, exec } = DatabaseSync.prototype
  t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, text: string) {
    executed.push(text)
    return exec.call(this, text)
  })
  t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, text: string) {
    const statement = prepare.call(this, text)
    const run = statement.run.bind(statement)
    statement.run = (...parameters: never[]) => {
      executed.push(text)
      return run(...parameters)
    }
    return statement
  })
}

const settle = (writes: Promise<unknown>[]): Promise<string[]> =>
  Promise.allSettled(writes).then(results => results.map(({ status }) => status))

test('fifty writes at once share one transaction', async t => {
  const { store, count, reasons } = await start(t)
  const names = Array.from({ length: 50 }, (_, index) => `write ${index}`)
  await Promise.all(names.map(name => store.write(insert(name))))
  assert.deepEqual([count('begin immediate'), count('commit')], [1, 1])
  assert.deepEqual(await reasons(), names)
})

test('writes that come in one turn of the event loop after another share one transaction', async t => {
  const { store, count, reasons } = await start(t)
  const names = ['first', 'second', 'third', 'fourth']
  const writes: Promise<void>[] = []
  for (const name of names) {
    writes.push(store.write(insert(name)))
    await setImmediate()
  }
  await Promise.all(writes)
  assert.equal(count('commit'), 1)
  assert.deepEqual(await reasons(), names)
})

test('a write waits for eight turns at most, however many keep coming', async t => {
  const { store, count } = await start(t)
  const writes: Promise<void>[] = []
  while (count('begin immediate') === 0 && writes.length < 20) {
    writes.push(store.write(insert('x')))
    await setImmediate()
  }
  await Promise.all(writes)
  assert.equal(writes.length, 8)
})

test('what comes while a transaction runs shares the next one, in the order of its coming', async t => {
  const { store, count, reasons } = await start(t)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: running, resolve: run } = Promise.withResolvers<void>()
  const first = store.write(async (trx, record) => {
    await insert('first')(trx, record)
    run()
    await released
  })
  await running
  const names = Array.from({ length: 20 }, (_, index) => `later ${index}`)
  const later = names.map(name => store.write(insert(name)))
  release()
  await Promise.all([first, ...later])
  assert.equal(count('commit'), 2)
  assert.deepEqual(await reasons(), ['first', ...names])
})

test('a batch has at most 128 writes, so that readers get their turn', async t => {
  const { store, count } = await start(t)
  await Promise.all(Array.from({ length: 300 }, () => store.write(insert('x'))))
  assert.equal(count('commit'), 3)
})

test('work that fails takes back its own writes and nobody else’s, and its error is the caller’s', async t => {
  const { store, count, reasons } = await start(t)
  const failing = store.write(async (trx, record) => {
    await insert('lost')(trx, record)
    throw new RangeError('mine')
  })
  const badSql = store.write(async (trx, record) => {
    await insert('lost too')(trx, record)
    await sql`select * from missing`.execute(trx)
  })
  const writes = [
    store.write(insert('a')),
    failing,
    store.write(insert('b')),
    badSql,
    store.write(insert('c')),
  ]
  assert.deepEqual(await settle(writes), ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
  await assert.rejects(failing, { message: 'mine' })
  await assert.rejects(badSql, /no such table: missing/)
  assert.deepEqual(await reasons(), ['a', 'b', 'c'])
  assert.equal(count('commit'), 1)
})

test('savepoints are set where something had to be undone, and in the next transaction, and nowhere else', async t => {
  const { store, count, reasons } = await start(t)
  const fail = async (trx: Trx, record: RecordEvent) => {
    await insert('lost')(trx, record)
    throw new Error('no')
  }
  const savepoints: number[] = []
  for (const works of [[], [fail], [], [fail, fail], []]) {
    const before = count('savepoint entry')
    await settle([insert('a'), ...works, insert('b')].map(work => store.write(work)))
    savepoints.push(count('savepoint entry') - before)
  }
  assert.deepEqual(savepoints, [0, 3, 2, 4, 2])
  await store.write(insert('c'))
  assert.equal(count('savepoint entry'), 11)
  assert.deepEqual(await reasons(), [...Array(5).fill(['a', 'b']).flat(), 'c'])
})

test('work that throws before it has written anything lets the others share their transaction without a second run', async t => {
  const { store, executed, reasons } = await start(t)
  const refused = store.write(async trx => {
    await trx.selectFrom('client').selectAll().execute()
    throw new RangeError('refused')
  })
  assert.deepEqual(await settle([store.write(insert('a')), refused, store.write(insert('b'))]), [
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  await assert.rejects(refused, { message: 'refused' })
  const controls = executed.filter(text => /^(begin|commit|rollback|savepoint)/.test(text))
  assert.deepEqual(controls, ['begin immediate', 'commit'])
  assert.deepEqual(await reasons(), ['a', 'b'])
})

test('a write resolves with the value of its work, after the commit', async t => {
  const { path, store } = await start(t)
  const other = new DatabaseSync(path, { readOnly: true })
  t.after(() => other.close())
  const value = await store.write(async (trx, record) => {
    await insert('x')(trx, record)
    return 42
  })
  assert.equal(value, 42)
  assert.equal(other.prepare('select count(*) as n from audit_event').get()?.['n'], 1)
})

test('a batch that may be lost with the power is not synced; one with a durable write in it is', async t => {
  const { store, executed } = await start(t)
  const derived = { durable: false }
  const synchronous = async () =>
    (await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(store.db)).rows[0]?.synchronous
  const full = 2
  const normal = 1
  assert.equal(await synchronous(), full)
  await Promise.all([store.write(insert('a'), derived), store.write(insert('b'), derived)])
  assert.equal(await synchronous(), normal)
  await Promise.all([
    store.write(insert('c'), derived),
    store.write(insert('d')),
    store.write(insert('e'), derived),
  ])
  assert.equal(await synchronous(), full)
  const pragmas = executed.filter(text => text.includes('synchronous ='))
  assert.deepEqual(pragmas, ['PRAGMA synchronous = NORMAL', 'PRAGMA synchronous = FULL'])
  assert.ok(executed.indexOf('PRAGMA synchronous = FULL') < executed.lastIndexOf('begin immediate'))
})

test('a read during a batch sees nothing that is not committed', async t => {
  const { store, reasons } = await start(t)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: running, resolve: run } = Promise.withResolvers<void>()
  const failing = store.write(async (trx, record) => {
    await insert('uncommitted')(trx, record)
    run()
    await released
    throw new Error('no')
  })
  await running
  const reading = reasons()
  release()
  await assert.rejects(failing)
  assert.deepEqual(await reading, [])
})

test('a full disk rejects what it strikes as `database unavailable`, keeps nothing of it, and ends with it', async t => {
  const { store, reasons } = await start(t)
  await store.write(insert('before'))
  const pages = await sql<{ page_count: number }>`PRAGMA page_count`.execute(store.db)
  await sql`PRAGMA max_page_count = ${sql.lit(pages.rows[0]?.page_count ?? 0)}`.execute(store.db)
  const large = 'x'.repeat(100_000)
  const writes = [store.write(insert('with it')), store.write(insert(large)), store.write(insert('after it'))]
  const results = await Promise.allSettled(writes)
  const rejected = results.filter(result => result.status === 'rejected')
  assert.ok(rejected.length > 0)
  for (const { reason } of rejected) assert.ok(isDatabaseUnavailable(reason), String(reason))
  await sql`PRAGMA max_page_count = 1000000`.execute(store.db)
  await store.write(insert('later'))
  const kept = ['with it', 'after it'].filter((_, index) => results[index * 2]?.status === 'fulfilled')
  assert.deepEqual(await reasons(), ['before', ...kept, 'later'])
})

test('what was sent together with a statement that strikes a full disk is not written without its transaction', async t => {
  const { store, reasons } = await start(t)
  await store.write(insert('before'))
  const pages = await sql<{ page_count: number }>`PRAGMA page_count`.execute(store.db)
  await sql`PRAGMA max_page_count = ${sql.lit(pages.rows[0]?.page_count ?? 0)}`.execute(store.db)
  const writing = store.write(async (trx, record) => {
    const [struck, together] = await Promise.allSettled([
      insert('x'.repeat(100_000))(trx, record),
      insert('together')(trx, record),
    ])
    assert.deepEqual([struck.status, together.status], ['rejected', 'rejected'])
    throw (struck as PromiseRejectedResult).reason
  })
  assert.ok(isDatabaseUnavailable(await writing.catch(error => error)))
  assert.deepEqual(await reasons(), ['before'])
})

test('a failed COMMIT rejects every write of the batch, keeps none, and the next batch works', async t => {
  const { store, reasons } = await start(t)
  await sql`create table parent (id integer primary key)`.execute(store.db)
  await sql`create table child (id integer references parent deferrable initially deferred)`.execute(store.db)
  const violating = store.write(trx => sql`insert into child values (1)`.execute(trx))
  const writes = [store.write(insert('a')), violating, store.write(insert('b'))]
  assert.deepEqual(await settle(writes), Array(3).fill('rejected'))
  await assert.rejects(violating, /FOREIGN KEY constraint failed/)
  await store.write(insert('later'))
  assert.deepEqual(await reasons(), ['later'])
})

test('another process that holds the lock is `database unavailable` after a bounded wait', async t => {
  const { path, store, reasons } = await start(t)
  const other = new DatabaseSync(path)
  t.after(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  // The lock is held until the write has been refused: an unbounded wait would not end.
  const error = await store.write(insert('x')).catch(reason => reason)
  assert.ok(isDatabaseUnavailable(error), String(error))
  other.exec('ROLLBACK')
  await store.write(insert('later'))
  assert.deepEqual(await reasons(), ['later'])
})

for (const durable of [true, false]) {
  test(`a ${durable ? 'durable' : 'derived'} write after close rejects, and nothing is left unhandled`, async t => {
    const { store } = await start(t)
    await store.close()
    const writes = [store.write(insert('a'), { durable }), store.write(insert('b'), { durable })]
    assert.deepEqual(await settle(writes), ['rejected', 'rejected'])
    assert.deepEqual(await settle([store.write(insert('c'), { durable })]), ['rejected'])
    await assert.rejects(store.check())
  })
}
