import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { type Placeholders, prepare } from '../../src/database/statement.ts'
import type { Store } from '../../src/database/store.ts'
import { isDatabaseUnavailable } from '../../src/database/unavailable.ts'
import { clientRow, farFuture, retrievalRow } from './rows.ts'
import { checkShared } from './sharing.contract.ts'
import type { OpenStore } from './stores.ts'

/** What the service relies on, whatever engine is below. */
export const checkStore = (engine: string, openStore: OpenStore): void => {
  describe(`store on ${engine}`, () => {
    checkTransactions(openStore)
    checkConditionalWrites(openStore)
    checkShared(openStore)
    checkTime(openStore)
    checkOrder(openStore)
    checkStatements(openStore)
    checkEnd(openStore)
  })
}

const countClients = async ({ db }: Store): Promise<number> =>
  (await db.selectFrom('client').select('client_id').execute()).length

const insertClient = (
  store: Store,
  clientId: string,
  options: { durable?: boolean } = {},
): Promise<unknown> =>
  store.write(
    trx =>
      trx
        .insertInto('client')
        .values(clientRow({ client_id: clientId }))
        .execute(),
    options,
  )

const checkTransactions = (openStore: OpenStore): void => {
  for (const durable of [true, false]) {
    test(`a write with durable: ${durable} is seen once it is resolved, and by itself before`, async t => {
      const store = await openStore(t)
      const seen = await store.write(
        async trx => {
          await trx.insertInto('client').values(clientRow({})).execute()
          return (await trx.selectFrom('client').select('name').execute()).length
        },
        { durable },
      )
      assert.equal(seen, 1)
      assert.equal(await countClients(store), 1)
    })

    test(`nothing is kept of a write with durable: ${durable} that throws, and its error arrives as it is`, async t => {
      const store = await openStore(t)
      const refusal = new Error('refused')
      const write = store.write(
        async trx => {
          await trx.insertInto('client').values(clientRow({})).execute()
          throw refusal
        },
        { durable },
      )
      assert.equal(await write.catch(error => error), refusal)
      assert.equal(await countClients(store), 0)
    })
  }

  test('one failing statement takes its own write with it and no other', async t => {
    const store = await openStore(t)
    const writes = ['a', 'b', 'a', 'c'].map(clientId => insertClient(store, clientId))
    const outcomes = (await Promise.allSettled(writes)).map(({ status }) => status)
    assert.equal(outcomes.filter(status => status === 'rejected').length, 1)
    assert.equal(await countClients(store), 3)
  })

  test('a broken rule of the schema is not taken for an unavailable database', async t => {
    const store = await openStore(t)
    await insertClient(store, 'a')
    const error = await insertClient(store, 'a').catch(reason => reason)
    assert.ok(error instanceof Error)
    assert.equal(isDatabaseUnavailable(error), false)
  })
}

const atOnce = 40

const checkConditionalWrites = (openStore: OpenStore): void => {
  test('of many conditional writes on a row at once exactly one counts it', async t => {
    const store = await openStore(t)
    await store.write(trx => trx.insertInto('retrieval').values(retrievalRow({})).execute())
    const claim = () =>
      store.write(async trx => {
        await trx.selectFrom('retrieval').selectAll().execute()
        const { numUpdatedRows } = await trx
          .updateTable('retrieval')
          .set({ state: 'redeemed', sealed: null })
          .where('retrieval_id', '=', 'retrieval')
          .where('state', '=', 'outstanding')
          .where('expires_at', '>', sql<string>`database_time()`)
          .executeTakeFirst()
        return numUpdatedRows
      })
    const counts = await Promise.all(Array.from({ length: atOnce }, claim))
    assert.deepEqual(counts.toSorted(), [...Array(atOnce - 1).fill(0n), 1n])
  })

  test('of many that reserve an id at once exactly one gets it, and the others see whose it is', async t => {
    const store = await openStore(t)
    const reserve = (team: string) =>
      store.write(async trx => {
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('client')
          .values(clientRow({ team }))
          .onConflict(conflict => conflict.doNothing())
          .executeTakeFirstOrThrow()
        const holder = await trx.selectFrom('client').select('team').executeTakeFirstOrThrow()
        return { isMine: numInsertedOrUpdatedRows === 1n, holder: holder.team }
      })
    const results = await Promise.all(Array.from({ length: atOnce }, (_, index) => reserve(`team ${index}`)))
    assert.equal(results.filter(({ isMine }) => isMine).length, 1)
    assert.equal(new Set(results.map(({ holder }) => holder)).size, 1)
  })

  test('numbers come back as numbers', async t => {
    const store = await openStore(t)
    await insertClient(store, 'a')
    const { version } = await store.db.selectFrom('client').select('version').executeTakeFirstOrThrow()
    assert.equal(version, 1)
  })
}

/** Outside of the tests, so that every engine meets what another one has compiled. */
const renameClient = prepare((db, value: Placeholders<{ clientId: string; name: string }>) =>
  db
    .updateTable('client')
    .set({ name: value.name, settings: '{"renamed":true}' })
    .where('client_id', '=', value.clientId)
    .returning(['client_id', 'name', 'settings']),
)

const checkStatements = (openStore: OpenStore): void => {
  for (const durable of [true, false]) {
    test(`a statement compiled once runs with the values of each run, in writes with durable: ${durable}`, async t => {
      const store = await openStore(t)
      const ids = ['a', 'b', 'c']
      for (const id of ids) await insertClient(store, id)
      const rename = (clientId: string) =>
        store.write(trx => renameClient(trx, { clientId, name: `new ${clientId}` }), { durable })
      const results = await Promise.all([...ids, 'missing'].map(rename))
      assert.deepEqual(
        results.map(({ rows }) => rows.map(row => Object.values(row))),
        [...ids.map(id => [[id, `new ${id}`, '{"renamed":true}']]), []],
      )
      const [direct] = (await renameClient(store.db, { clientId: 'a', name: 'newer' })).rows
      assert.equal(direct?.name, 'newer')
    })
  }
}

const checkTime = (openStore: OpenStore): void => {
  test('a later time is counted from the database’s clock, over the end of a day too', async t => {
    const store = await openStore(t)
    const dayMs = 86_400_000
    const { rows } = await sql<{ now: string; later: string }>`
      select database_time() as now, database_time(${dayMs + 70_000}) as later`.execute(store.db)
    const { now = '', later = '' } = rows[0] ?? {}
    const differenceMs = Date.parse(later) - Date.parse(now)
    assert.ok(differenceMs >= dayMs + 70_000 && differenceMs < dayMs + 80_000)
  })

  test('the time without asking is the database’s as of the last reading or later, and never ahead of it', async t => {
    const store = await openStore(t)
    const read = async () => {
      const { rows } = await sql<{ at: string }>`select database_time() as at`.execute(store.db)
      return Date.parse(rows[0]?.at ?? '')
    }
    const atOpen = store.now()
    const before = await read()
    await store.readClock()
    const known = store.now()
    const after = await read()
    assert.ok(atOpen <= before && before <= known && known <= after, `${[atOpen, before, known, after]}`)
    assert.ok(Number.isInteger(known))
  })

  test('the database’s time is ISO 8601 in UTC with milliseconds, never goes back, and compares with a row’s', async t => {
    const store = await openStore(t)
    const read = async () =>
      (await sql<{ at: string }>`select database_time() as at`.execute(store.db)).rows[0]?.at ?? ''
    const times: string[] = []
    for (let round = 0; round < 30; round += 1) times.push(await read())
    for (const time of times) assert.equal(new Date(time).toISOString(), time)
    assert.deepEqual(times.toSorted(), times)
    const [first = ''] = times
    await store.write(trx =>
      trx
        .insertInto('retrieval')
        .values([
          retrievalRow({ retrieval_id: 'over', expires_at: first }),
          retrievalRow({ retrieval_id: 'open', expires_at: farFuture }),
        ])
        .execute(),
    )
    const over = store.db
      .selectFrom('retrieval')
      .select('retrieval_id')
      .where('expires_at', '<=', sql<string>`database_time()`)
    assert.deepEqual(
      (await over.execute()).map(row => row.retrieval_id),
      ['over'],
    )
  })
}

/** In the order of their bytes; a language's order would be another. */
const ids = ['-a', '.a', '0', '10', '9', 'A', 'B', 'Z', '_a', 'a-b', 'a.b', 'aB', 'a_b', 'abc', 'c', 'y']

const checkOrder = (openStore: OpenStore): void => {
  test('pages by cursor show every id once, in the order of the bytes', async t => {
    const store = await openStore(t)
    for (const clientId of ids.toReversed()) await insertClient(store, clientId)
    const readPage = (after: string) =>
      store.db
        .selectFrom('client')
        .select('client_id')
        .where('team', 'in', ['payments'])
        .where('client_id', '>', after)
        .orderBy('client_id')
        .limit(3)
        .execute()
    const read: string[] = []
    for (let page = await readPage(''); page.length > 0; page = await readPage(read.at(-1) ?? ''))
      read.push(...page.map(row => row.client_id))
    assert.deepEqual(read, ids)
  })

  test('ids that differ in case only are one', async t => {
    const store = await openStore(t)
    await insertClient(store, 'pa_wam')
    await assert.rejects(insertClient(store, 'PA_WAM'), /unique/i)
    assert.equal(await countClients(store), 1)
  })
}

const checkEnd = (openStore: OpenStore): void => {
  test('check answers while it is open, and after close nothing is written any more', async t => {
    const store = await openStore(t)
    await store.check()
    await store.close()
    await assert.rejects(store.check())
    await assert.rejects(insertClient(store, 'late'))
  })

  test('close waits for the write under way', async t => {
    const store = await openStore(t)
    const { promise: goOn, resolve } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const write = store.write(async trx => {
      begin()
      await goOn
      return trx.insertInto('client').values(clientRow({})).execute()
    })
    await begun
    const closed = store.close()
    resolve()
    await write
    await closed
  })
}
