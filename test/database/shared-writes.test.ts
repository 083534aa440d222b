import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { databaseTime } from '../../src/database/database-time.ts'
import { type Placeholders, prepare } from '../../src/database/statement.ts'
import type { Store } from '../../src/database/store.ts'
import { CommitUnknown, isDatabaseUnavailable } from '../../src/database/unavailable.ts'
import { usePostgresServer } from './postgres-server.ts'
import { startProxy } from './proxy.ts'
import { retrievalRow } from './rows.ts'
import { openPostgresStore } from './stores.ts'

const server = usePostgresServer()

const insert = prepare((db, value: Placeholders<{ id: string }>) =>
  db
    .insertInto('retrieval')
    .values({ ...retrievalRow({}), retrieval_id: value.id, created_at: databaseTime }),
)
const claim = prepare((db, value: Placeholders<{ id: string }>) =>
  db
    .updateTable('retrieval')
    .set({ state: 'redeemed', sealed: null })
    .where('retrieval_id', '=', value.id)
    .where('state', '=', 'outstanding'),
)

const ids = Array.from({ length: 40 }, (_, index) => `retrieval ${index}`)

const start = async (t: TestContext) => {
  const database = await server.createDatabase(t)
  return { database, store: await openPostgresStore(t, database) }
}

const share = <T>(store: Store, work: Parameters<typeof store.write<T>>[0]): Promise<T> =>
  store.write(work, { mayShare: true })

const readStates = async ({ db }: Store): Promise<Record<string, string>> => {
  const rows = await db.selectFrom('retrieval').select(['retrieval_id', 'state']).execute()
  return Object.fromEntries(rows.map(row => [row.retrieval_id, row.state]))
}

/** The first two words of everything that is sent from now on, without the clock. */
const record = (t: TestContext): string[] => {
  const sent: string[] = []
  const query = pg.Client.prototype.query as (...asked: unknown[]) => Promise<unknown>
  t.mock.method(pg.Client.prototype, 'query', function (this: pg.Client, ...asked: [{ text: string }]) {
    const [{ text }] = asked
    if (text && !text.includes('select database_time()')) sent.push(text)
    return query.apply(this, asked)
  })
  return sent
}

test('forty writes at once share one transaction, and what each asks for first is one statement', async t => {
  const { store } = await start(t)
  const sent = record(t)
  await Promise.all(
    ids.map(id =>
      share(store, async trx => {
        await insert(trx, { id })
        await claim(trx, { id })
      }),
    ),
  )
  assert.deepEqual(
    sent.map(text => text.match(/^begin|^commit|(insert into|update) "retrieval"/)?.[0]),
    ['begin', 'insert into "retrieval"', 'update "retrieval"', 'commit'],
  )
  assert.deepEqual(new Set(Object.values(await readStates(store))), new Set(['redeemed']))
})

test('a write that comes by itself has a transaction of its own, and its statement as it is', async t => {
  const { store } = await start(t)
  const sent = record(t)
  await share(store, trx => insert(trx, { id: 'only' }))
  assert.deepEqual(
    sent.map(text => text.split(' ')[0]),
    ['begin', 'insert', 'commit'],
  )
})

test('nothing is run again for a write that is refused before it has written', async t => {
  const { store } = await start(t)
  const sent = record(t)
  const runs = new Map<string, number>()
  const results = await Promise.allSettled(
    ids.map((id, index) =>
      share(store, async trx => {
        runs.set(id, (runs.get(id) ?? 0) + 1)
        const { numAffectedRows } = await claim(trx, { id })
        if (numAffectedRows === 0n && index % 2 === 0) throw new RangeError('refused')
        await insert(trx, { id })
      }),
    ),
  )
  assert.equal(results.filter(({ status }) => status === 'rejected').length, ids.length / 2)
  assert.deepEqual(new Set(runs.values()), new Set([1]))
  assert.equal(sent.filter(text => text === 'commit').length, 1)
  assert.equal(Object.keys(await readStates(store)).length, ids.length / 2)
})

test('a lock that one of them waits for holds up the others for a moment only', async t => {
  const { store, database } = await start(t)
  await Promise.all(ids.map(id => share(store, trx => insert(trx, { id }))))
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  await beside.query(`begin; select * from retrieval where retrieval_id = 'retrieval 7' for update`)
  const claims = ids.map(id => share(store, trx => claim(trx, { id })))
  const others = await Promise.all(claims.filter((_, index) => index !== 7))
  assert.ok(others.every(({ numAffectedRows }) => numAffectedRows === 1n))
  await beside.query('rollback')
  assert.equal((await claims[7])?.numAffectedRows, 1n)
})

for (const committed of [true, false])
  test(`whether it was kept is unknown to each, where the connection breaks ${committed ? 'after' : 'before'} their commit`, async t => {
    const database = await server.createDatabase(t)
    const proxy = await startProxy(t, database)
    const store = await openPostgresStore(t, proxy.url)
    proxy.cut({ after: 'retrieval 7', committed })
    const errors = await Promise.all(
      ids.map(id => share(store, trx => insert(trx, { id })).catch((error: unknown) => error)),
    )
    assert.ok(errors.every(error => error instanceof CommitUnknown))
    const kept = async () => Object.keys(await readStates(store)).length
    const expected = committed ? ids.length : 0
    while ((await kept()) !== expected) await new Promise(setImmediate)
    await Promise.all(ids.map(id => share(store, trx => insert(trx, { id: `later ${id}` }))))
    assert.equal(await kept(), expected + ids.length)
  })

test('each is told that the database cannot be used, and none runs again, where its server is read-only', async t => {
  const { store, database } = await start(t)
  const beside = new pg.Client(database)
  await beside.connect()
  const name = new URL(database).pathname.slice(1)
  await beside.query(`alter database ${name} set default_transaction_read_only = on`)
  t.after(async () => {
    await beside.query(
      `begin; set transaction read write; alter database ${name} reset default_transaction_read_only; commit`,
    )
    await beside.end()
  })
  await beside.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [name],
  )
  const sent = record(t)
  const errors = await Promise.all(
    ids.map(id => share(store, trx => insert(trx, { id })).catch((error: unknown) => error)),
  )
  assert.ok(errors.every(isDatabaseUnavailable))
  assert.ok(sent.filter(text => text.includes('insert')).length <= 2, sent.join('\n'))
})

test('each is told that the database cannot be used, and none its own reason, where a statement fails by that', async t => {
  const { store } = await start(t)
  const errors = await Promise.all(
    ids.map((id, index) =>
      share(store, async trx => {
        const { numAffectedRows } = await claim(trx, { id })
        if (index % 2 === 1) throw new RangeError(`${numAffectedRows}`)
        await sql.raw(index === 0 ? `do $$ begin raise query_canceled; end $$` : 'select 1').execute(trx)
      }).catch((error: unknown) => error),
    ),
  )
  assert.deepEqual(new Set(errors.map(isDatabaseUnavailable)), new Set([true]))
})

test('a work that throws before it has asked for anything takes no other with it', async t => {
  const { store } = await start(t)
  const refusal = new RangeError('refused')
  const refuse = () => {
    throw refusal
  }
  const results = await Promise.allSettled(
    ids.map((id, index) => share(store, trx => (index === 7 ? refuse() : insert(trx, { id })))),
  )
  assert.deepEqual(
    results.flatMap(result => (result.status === 'rejected' ? [result.reason] : [])),
    [refusal],
  )
  assert.equal(Object.keys(await readStates(store)).length, ids.length - 1)
})

test('close ends what waits and what is under way: what was answered is kept, what was rejected is not, and no connection is left', async t => {
  const { store, database } = await start(t)
  const many = Array.from({ length: 400 }, (_, index) => `retrieval ${index}`)
  const underWay = Promise.withResolvers<void>()
  const writes = many.map(id =>
    share(store, async trx => {
      await insert(trx, { id })
      underWay.resolve()
      await claim(trx, { id })
    }),
  )
  await underWay.promise
  const closed = store.close()
  const settled = await Promise.allSettled(writes)
  await closed
  const answered = many.filter((_, index) => settled[index]?.status === 'fulfilled')
  for (const result of settled)
    if (result.status === 'rejected') assert.ok(isDatabaseUnavailable(result.reason), String(result.reason))
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  const { rows } = await beside.query('select retrieval_id, state from retrieval')
  assert.deepEqual(rows.map(row => row.retrieval_id).toSorted(), answered.toSorted())
  const left = `
    select count(*)::int as left from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`
  // The server hears of a connection's end a little later.
  while ((await beside.query(left)).rows[0].left > 0);
})

test('each succeeds, whatever its connection had prepared, when a newer version adds a column meanwhile', async t => {
  const { store, database } = await start(t)
  const redeem = prepare((db, value: Placeholders<{ id: string }>) =>
    db
      .updateTable('retrieval')
      .set({ state: 'redeemed' })
      .where('retrieval_id', '=', value.id)
      .where('state', '=', 'outstanding')
      .returningAll(),
  )
  const all = (prefix: string) => ids.map(id => `${prefix} ${id}`)
  await Promise.all(
    ['before', 'after', 'alone'].flatMap(all).map(id => share(store, trx => insert(trx, { id }))),
  )
  const claimAll = (claimed: readonly string[], mayShare: boolean) =>
    Promise.all(claimed.map(id => store.write(trx => redeem(trx, { id }), { mayShare })))
  // On every connection, so that each has the statement for one; the last one used is used next.
  await claimAll(all('before').slice(20), false)
  await claimAll(all('before').slice(0, 20), true)
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  const addColumn = (name: string) => beside.query(`alter table retrieval add column ${name} text`)
  await addColumn('later')
  const claimed = await claimAll(all('after'), true)
  assert.deepEqual(
    claimed.map(({ rows: [row] }) => [row?.retrieval_id, row && 'later' in row]),
    all('after').map(id => [id, true]),
  )
  // Not at all where they happened to come to a connection that had it for one only.
  assert.ok(store.undone().schema <= 1)
  await addColumn('latest')
  assert.ok((await claimAll(all('alone'), false)).every(({ rows }) => rows.length === 1))
})
