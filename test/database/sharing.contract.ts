import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { databaseTime } from '../../src/database/database-time.ts'
import type { Database } from '../../src/database/schema.ts'
import { type Placeholders, prepare } from '../../src/database/statement.ts'
import type { Store } from '../../src/database/store.ts'
import { isDatabaseUnavailable } from '../../src/database/unavailable.ts'
import { clientRow, retrievalRow } from './rows.ts'
import type { OpenStore } from './stores.ts'

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
    .set({
      state: 'redeemed',
      sealed: null,
      redeemed_by: value.by,
      team: sql<string>`${sql.ref('team')} || '!'`,
    })
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

type Work<T> = (trx: Kysely<Database>) => Promise<T>
type Sharing = { openStore: OpenStore; share: <T>(store: Store, work: Work<T>) => Promise<T> }

const nothing = { refusal: 0, lock: 0, schema: 0, statement: 0 }

const names = Array.from({ length: 40 }, (_, index) => `name ${index}`)

/** What is promised of writes that may share a transaction. */
export const checkShared = (openStore: OpenStore): void => {
  for (const durable of [true, false])
    describe(`writes that may share a transaction, with durable: ${durable}`, () => {
      const share: Sharing['share'] = (store, work) => store.write(work, { durable, mayShare: true })
      for (const check of [checkInserts, checkReservations, checkUpdates, checkSelects])
        check({ openStore, share: (store, work) => share(store, onlyOnce(work)) })
      for (const check of [checkFailures, checkUndone, checkTurns]) check({ openStore, share })
    })
}

/** Where statements for many runs fail, each work runs again with statements of its own, and nothing else tells. */
const onlyOnce = <T>(work: Work<T>): Work<T> => {
  let hasRun = false
  return async trx => {
    assert.equal(hasRun, false, 'It has run before.')
    hasRun = true
    return work(trx)
  }
}

const readIds = async ({ db }: Store): Promise<string[]> =>
  (await db.selectFrom('retrieval').select('retrieval_id').execute()).map(row => row.retrieval_id)

const insertAll = (share: Sharing['share'], store: Store): Promise<unknown> =>
  Promise.all(
    names.map(id => share(store, trx => insertRetrieval(trx, { id, team: `team of ${id}`, sealed: id }))),
  )

const checkInserts = ({ openStore, share }: Sharing): void => {
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
}

const checkReservations = ({ openStore, share }: Sharing): void => {
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
}

const checkUpdates = ({ openStore, share }: Sharing): void => {
  test('each has changed and is returned its own row; exactly one where several want the same; none where there is none', async t => {
    const store = await openStore(t)
    await insertAll(share, store)
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
}

const checkSelects = ({ openStore, share }: Sharing): void => {
  test('each finds its own rows', async t => {
    const store = await openStore(t)
    await insertAll(share, store)
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
}

const checkFailures = ({ openStore, share }: Sharing): void => {
  test('what fails takes back its own writes and nobody else’s, whether it has written or not', async t => {
    const store = await openStore(t)
    const refusal = new Error('refused')
    const insert = (trx: Kysely<Database>, id: string) =>
      insertRetrieval(trx, { id, team: 'payments', sealed: null })
    const refuse = () => Promise.reject(refusal)
    const works: ((trx: Kysely<Database>, id: string) => Promise<unknown>)[] = [
      insert,
      refuse,
      (trx, id) => insert(trx, id).then(refuse),
      (trx, id) => insert(trx, id).then(() => sql`select * from missing`.execute(trx)),
      (trx, id) => insert(trx, id).then(() => insert(trx, id)),
    ]
    const results = await Promise.allSettled(
      names.map((id, index) => share(store, async trx => works[index % works.length]?.(trx, id))),
    )
    const kept = names.filter((_, index) => results[index]?.status === 'fulfilled')
    assert.deepEqual(
      kept,
      names.filter((_, index) => index % 5 === 0),
    )
    assert.deepEqual((await readIds(store)).toSorted(), kept.toSorted())
    assert.notDeepEqual(store.undone(), nothing)
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      assert.equal(result.reason === refusal, index % 5 < 3)
      assert.equal(isDatabaseUnavailable(result.reason), false)
    }
  })
}

const insertUnlessRefused =
  (id: string, refusedAfter: 'read' | 'insert' | undefined): Work<void> =>
  async trx => {
    const refuseAfter = (step: 'read' | 'insert'): void => {
      if (step === refusedAfter) throw new Error('refused')
    }
    await find(trx, { id, team: 'payments' })
    refuseAfter('read')
    await insertRetrieval(trx, { id: randomUUID(), team: 'payments', sealed: null })
    refuseAfter('insert')
  }

const checkUndone = ({ openStore, share }: Sharing): void => {
  test('a transaction is counted as undone for a work that is refused after it has written, and not before', async t => {
    const store = await openStore(t)
    const insertOrRefuse = (after: 'read' | 'insert') =>
      Promise.allSettled(
        names.map((id, index) => share(store, insertUnlessRefused(id, index === 7 ? after : undefined))),
      )
    await insertOrRefuse('read')
    assert.deepEqual(store.undone(), nothing)
    await insertOrRefuse('insert')
    assert.deepEqual(store.undone(), { ...nothing, refusal: 1 })
    assert.equal((await readIds(store)).length, 2 * (names.length - 1))
  })
}

const checkTurns = ({ openStore, share }: Sharing): void => {
  test('each gets the turn that it waits for after it has written', async t => {
    const store = await openStore(t)
    const turns = names.map((id, index) =>
      share(store, async trx => {
        await insertRetrieval(trx, { id, team: 'payments', sealed: null })
        await store.takeTurns(trx, `turn ${index % 3}`)
      }),
    )
    await Promise.all(turns)
    assert.equal((await readIds(store)).length, names.length)
  })
}
