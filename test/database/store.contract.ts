import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { databaseTime } from '../../src/database/database-time.ts'
import { type Placeholders, prepare } from '../../src/database/statement.ts'
import type { Store } from '../../src/database/store.ts'
import { isDatabaseUnavailable } from '../../src/database/unavailable.ts'
import { clientRow, farFuture, retrievalRow } from './rows.ts'

/** Opens a store on an empty database, closed when the test ends. */
export type OpenStore = (t: TestContext) => Promise<Store>

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

/** The kinds of statement that are prepared: what many of them at once come to is what each alone would. */
const insertRetrieval = prepare(
  (db, value: Placeholders<{ id: string; team: string; sealed: string | null }>) =>
    db.insertInto('retrieval').values({
      ...retrievalRow({}),
      retrieval_id: value.id,
      team: value.team,
      sealed: value.sealed,
      created_at: databaseTime,
    }),
)
const reserve = prepare(
  (db, value: Placeholders<{ clientId: string; operationId: string; leaseMs: number }>) =>
    db
      .insertInto('client')
      .values({
        ...clientRow({}),
        client_id: value.clientId,
        operation_id: value.operationId,
        updated_at: sql<string>`database_time(${value.leaseMs})`,
      })
      .onConflict(conflict => conflict.doNothing()),
  { told: ['operation_id', 'operationId'] },
)
const claim = prepare((db, value: Placeholders<{ id: string; by: string }>) =>
  db
    .updateTable('retrieval')
    .set({ state: 'redeemed', sealed: null, redeemed_by: value.by, team: sql<string>`team || '!'` })
    .where('retrieval_id', '=', value.id)
    .where('state', '=', 'outstanding')
    .where('replaced_by', 'is', null)
    .where('expires_at', '>', databaseTime)
    .returningAll(),
)
const find = prepare((db, value: Placeholders<{ id: string; team: string }>) =>
  db
    .selectFrom('retrieval')
    .selectAll()
    .select(databaseTime.as('now'))
    .where('retrieval_id', '=', value.id)
    .where('team', '=', value.team),
)

const checkShared = (openStore: OpenStore): void => {
  for (const durable of [true, false])
    describe(`writes that may share a transaction, with durable: ${durable}`, () =>
      checkSharing(openStore, durable))
}

const checkSharing = (openStore: OpenStore, durable: boolean): void => {
  const names = Array.from({ length: atOnce }, (_, index) => `name ${index}`)
  const share = <T>(store: Store, work: Parameters<typeof store.write<T>>[0]): Promise<T> =>
    store.write(work, { durable, mayShare: true })

  const readIds = async ({ db }: Store): Promise<string[]> =>
    (await db.selectFrom('retrieval').select('retrieval_id').execute()).map(row => row.retrieval_id)

  const insertAll = (store: Store, ids: readonly string[] = names): Promise<unknown> =>
    Promise.all(
      ids.map(id => share(store, trx => insertRetrieval(trx, { id, team: `team of ${id}`, sealed: id }))),
    )

  test('each has inserted its own row, whatever its text', async t => {
    const store = await openStore(t)
    const texts = ['"', "'; drop table client; --", '\\', '\n', 'ü', '😀', '', '{"a":[1]}', '$1', ...names]
    const results = await Promise.all(
      texts.map(id =>
        share(store, trx =>
          insertRetrieval(trx, { id, team: `team of ${id}`, sealed: id === 'ü' ? null : id }),
        ),
      ),
    )
    for (const { numAffectedRows } of results) assert.equal(numAffectedRows, 1n)
    const rows = await store.db.selectFrom('retrieval').selectAll().execute()
    assert.deepEqual(rows.map(row => row.retrieval_id).toSorted(), texts.toSorted())
    for (const { retrieval_id: id, team, sealed } of rows)
      assert.deepEqual([team, sealed], [`team of ${id}`, id === 'ü' ? null : id])
  })

  test('of many that reserve an id exactly one is told that it has it, and each that has another', async t => {
    const store = await openStore(t)
    const ids = [...names.map(() => 'wanted'), ...names]
    const results = await Promise.all(
      ids.map((clientId, index) =>
        share(store, trx => reserve(trx, { clientId, operationId: `operation ${index}`, leaseMs: index })),
      ),
    )
    const winners = ids.filter((_, index) => results[index]?.numAffectedRows === 1n)
    assert.deepEqual(winners.toSorted(), ['wanted', ...names].toSorted())
    const rows = await store.db.selectFrom('client').select(['client_id', 'operation_id']).execute()
    for (const row of rows)
      assert.equal(results[Number(row.operation_id.split(' ')[1])]?.numAffectedRows, 1n, row.client_id)
  })

  test('each has changed and is returned its own row; exactly one where several want the same; none where there is none', async t => {
    const store = await openStore(t)
    await insertAll(store)
    const ids = ['missing', 'name 3', 'name 3', 'name 3', ...names]
    const results = await Promise.all(
      ids.map((id, index) => share(store, trx => claim(trx, { id, by: `claimer ${index}` }))),
    )
    const won: string[] = []
    for (const [index, { rows, numAffectedRows = 0n }] of results.entries()) {
      if (rows.length > 0) won.push(ids[index] ?? '')
      for (const row of rows) {
        assert.deepEqual(
          [row.retrieval_id, row.redeemed_by, row.team, row.sealed],
          [ids[index], `claimer ${index}`, `team of ${ids[index]}!`, null],
        )
        assert.equal('run_number' in row, false)
      }
      assert.equal(Number(numAffectedRows || rows.length), rows.length)
    }
    assert.deepEqual(won.toSorted(), names.toSorted())
  })

  test('each finds its own rows', async t => {
    const store = await openStore(t)
    await insertAll(store)
    const found = await Promise.all(
      ['missing', ...names, ...names].map(id =>
        share(store, trx => find(trx, { id, team: `team of ${id}` })),
      ),
    )
    assert.deepEqual(
      found.map(({ rows }) => rows.map(row => row.retrieval_id)),
      [[], ...names.map(name => [name]), ...names.map(name => [name])],
    )
    assert.ok(found.every(({ rows }) => rows.every(({ now }) => /^\d{4}-/.test(now))))
  })

  test('what fails takes back its own writes and nobody else’s, whether it has written or not', async t => {
    const store = await openStore(t)
    const refusal = new Error('refused')
    const works: Parameters<typeof store.write>[0][] = names.map((id, index) => async trx => {
      if (index % 5 === 1) throw refusal
      await insertRetrieval(trx, { id, team: 'payments', sealed: null })
      if (index % 5 === 2) throw refusal
      if (index % 5 === 3) await sql`select * from missing`.execute(trx)
      if (index % 5 === 4) await insertRetrieval(trx, { id, team: 'again', sealed: null })
    })
    const results = await Promise.allSettled(works.map(work => share(store, work)))
    const kept = names.filter((_, index) => results[index]?.status === 'fulfilled')
    assert.deepEqual(
      kept,
      names.filter((_, index) => index % 5 === 0),
    )
    assert.deepEqual((await readIds(store)).toSorted(), kept.toSorted())
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      assert.equal(result.reason === refusal, index % 5 < 3)
      assert.equal(isDatabaseUnavailable(result.reason), false)
    }
  })

  test('where one wait for a turn follows another each gets it, and nobody is in a deadlock', async t => {
    const store = await openStore(t)
    const turns = names.map((id, index) =>
      share(store, async trx => {
        await insertRetrieval(trx, { id, team: 'payments', sealed: null })
        await store.takeTurns(trx, `turn ${index % 3}`)
        await store.takeTurns(trx, `turn ${(index + 1) % 3}`)
      }),
    )
    await Promise.all(turns)
    assert.equal((await readIds(store)).length, names.length)
  })
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
