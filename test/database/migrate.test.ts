import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { migrations } from '../../src/database/migrate.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import type { Store } from '../../src/database/store.ts'
import { Secret } from '../../src/secret.ts'
import { findTaken } from '../../src/web-session-clients/taken.ts'
import { openBefore } from './open-before.ts'
import { usePostgresServer } from './postgres-server.ts'

const server = usePostgresServer()

/** Values that every rule of the first schema permits, by table. */
const samples: Record<string, Record<string, string | number>> = {
  client: {
    ...{ client_id: 'c', team: 't', name: 'n', search_text: 's', state: 'active', replication: 'ready' },
    ...{ settings: '{}', operation_id: 'o', retrieval_id: 'r', created_at: 'a', created_by: 'b' },
    updated_at: 'a',
  },
  operation: {
    ...{ operation_id: 'o', kind: 'create', client_id: 'c', team: 't', state: 'intended' },
    ...{ retrieval_id: 'r', request_id: 'q', requested_by: 'b', created_at: 'a', lease_until: 'a' },
  },
  idempotency: {
    ...{ idempotency_id: 'i', request_digest: 'd', operation_id: 'o', created_at: 'a', expires_at: 'z' },
  },
  retrieval: {
    ...{ retrieval_id: 'r', client_id: 'c', team: 't', redeemable_by: 'team', state: 'outstanding' },
    ...{ created_at: 'a', created_by: 'b', expires_at: 'z' },
  },
  audit_event: { at: 'a', action: 'client.create', outcome: 'done', subject: 'b', request_id: 'q' },
}

type AnyDatabase = Kysely<Record<string, Record<string, unknown>>>

/** Writes what the version of the first schema writes, naming no column that came later. */
const writeAsBefore = async (db: AnyDatabase, suffix: string): Promise<void> => {
  for (const [table, row] of Object.entries(samples)) {
    const values = Object.entries(row).map(([name, value]) => [name, isKey(name) ? value + suffix : value])
    await db.insertInto(table).values(Object.fromEntries(values)).execute()
  }
}

const isKey = (name: string): boolean => name.endsWith('_id')

/** Every row of every table, with the columns of the first schema only. */
const readAsBefore = async (db: AnyDatabase): Promise<Record<string, unknown>[]> => {
  const rows = Object.entries(samples).map(([table, row]) =>
    db.selectFrom(table).select(Object.keys(row)).orderBy(sql`1`).execute(),
  )
  return (await Promise.all(rows)).flat().map(row => ({ ...row }))
}

type Place = { open: () => Promise<Store> }

const engines: Record<string, (t: TestContext) => Promise<Place>> = {
  SQLite: async t => {
    const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    return { open: () => openSqlite({ path: join(folder, 'data.db'), now: Date.now }) }
  },
  PostgreSQL: async t => {
    const url = new Secret(await server.createDatabase(t))
    return {
      open: () =>
        openPostgres({ currentUrl: () => url, onIdleError: () => undefined, onUndone: () => undefined }),
    }
  },
}

/** The columns of every table. */
const columnsOf = async (db: AnyDatabase): Promise<string[]> => {
  const tables = await db.introspection.getTables()
  return tables.flatMap(table => table.columns.map(({ name }) => `${table.name}.${name}`)).toSorted()
}

const [, ...later] = Object.keys(migrations)

/** What stands in the way of a migration's last step: an index of that name, or a column of that table. */
const madeLate: Record<string, { index: string } | { table: string; column: string }> = {
  '0002-audit-trail': { index: 'audit_event_by_client' },
  '0003-facts-of-operations': { index: 'operation_holds_client' },
  '0004-requesting-client': { table: 'retrieval', column: 'created_by_client_id' },
  '0005-ids-in-any-case': { index: 'client_id_in_any_case' },
  '0006-secret-rotations': { table: 'retrieval', column: 'previous_ends_at' },
  '0007-disabled-clients': { table: 'client', column: 'disabled_at' },
  '0008-events-as-admin': { table: 'audit_event', column: 'as_admin' },
  '0009-drifted-clients': { index: 'client_drifted' },
  '0010-delivered-clients': { table: 'client', column: 'delivery' },
  '0011-texts-of-clients': { index: 'client_by_text' },
}

/** Makes what a migration is about to make, so that it fails. Resolves to a function that removes it. */
const obstruct = async (db: AnyDatabase, name: string): Promise<(db: AnyDatabase) => Promise<void>> => {
  const late = madeLate[name]
  assert.ok(late, `Add ${name} to madeLate.`)
  if ('index' in late) {
    await db.schema.createTable('obstacle').addColumn('x', 'text').execute()
    await db.schema.createIndex(late.index).on('obstacle').column('x').execute()
    return again => again.schema.dropTable('obstacle').execute()
  }
  await db.schema.alterTable(late.table).addColumn(late.column, 'text').execute()
  return again => again.schema.alterTable(late.table).dropColumn(late.column).execute()
}

for (const [engine, create] of Object.entries(engines)) {
  for (const name of later) {
    describe(`${name} on ${engine}`, () => {
      test('65: what the version before has written is read as it was, and what it goes on writing is taken', async t => {
        const place = await create(t)
        const old = await openBefore(place.open, name)
        await writeAsBefore(old.db as never, '1')
        const before = await readAsBefore(old.db as never)
        // On SQLite there is one process at a time; on PostgreSQL a replica of the version before is still running.
        if (engine === 'SQLite') await old.close()
        else t.after(() => old.close())
        const store = await place.open()
        t.after(() => store.close())
        assert.deepEqual(await readAsBefore(store.db as never), before)
        const writer = engine === 'SQLite' ? store : old
        await writeAsBefore(writer.db as never, '2')
        assert.equal((await readAsBefore(store.db as never)).length, 2 * before.length)
      })

      test('65: a start that breaks off leaves the schema of the version before, and the next one goes on', async t => {
        const place = await create(t)
        const old = await openBefore(place.open, name)
        const db: AnyDatabase = old.db as never
        await writeAsBefore(db, '1')
        const remove = await obstruct(db, name)
        const [columns, rows] = [await columnsOf(db), await readAsBefore(db)]
        await old.close()
        await assert.rejects(place.open(), /already exists|duplicate column name/)
        const again = await openBefore(place.open, name)
        assert.deepEqual(await columnsOf(again.db as never), columns)
        await remove(again.db as never)
        await again.close()
        const store = await place.open()
        t.after(() => store.close())
        assert.deepEqual(await readAsBefore(store.db as never), rows)
      })
    })
  }
}

for (const [engine, create] of Object.entries(engines)) {
  test(`71: ids that differ in the case of letters only stay where versions before made them, and no more are made, on ${engine}`, async t => {
    const place = await create(t)
    const old = await openBefore(place.open, '0005-ids-in-any-case')
    const add = async (db: AnyDatabase, clientId: string): Promise<void> => {
      const row = {
        ...samples['client'],
        client_id: clientId,
        operation_id: clientId,
        retrieval_id: clientId,
      }
      await db.insertInto('client').values(row).execute()
    }
    for (const id of ['pa_wam', 'PA_WAM', 'Pa_Wam', 'shop']) await add(old.db as never, id)
    await old.close()
    const store = await place.open()
    t.after(() => store.close())
    const db: AnyDatabase = store.db as never
    for (const id of ['pA_wam', 'SHOP']) await assert.rejects(add(db, id), /unique/i, id)
    await add(db, 'other')
    const rows = await db.selectFrom('client').select('client_id').orderBy('client_id').execute()
    assert.deepEqual(
      rows.map(row => row['client_id']),
      ['PA_WAM', 'Pa_Wam', 'other', 'pa_wam', 'shop'],
    )
    for (const [asked, found] of [
      ['PA_WAM', 'PA_WAM'],
      ['Pa_Wam', 'Pa_Wam'],
      ['SHOP', 'shop'],
    ] as const)
      assert.equal((await findTaken(store.db, asked))?.client_id, found)
  })
}
