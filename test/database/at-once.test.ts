import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { toAtOnce } from '../../src/database/at-once.ts'
import type { Database } from '../../src/database/schema.ts'
import { prepare } from '../../src/database/statement.ts'

const start = (run: Parameters<typeof toAtOnce>[2]) => {
  const dialect = new SqliteDialect({ database: async () => assert.fail('a connection was asked for') })
  const db = new Kysely<Database>({ dialect })
  return { db, atOnce: toAtOnce(db, dialect, run) }
}

test('a statement has run when the call returns, and asks for no connection', async () => {
  const texts: string[] = []
  const { atOnce } = start(({ sql: text }) => {
    texts.push(text)
    return { rows: [{ client_id: 'pa_wam' }] }
  })
  const reading = atOnce.selectFrom('client').select('client_id').execute()
  assert.deepEqual(texts, ['select "client_id" from "client"'])
  assert.deepEqual(await reading, [{ client_id: 'pa_wam' }])
})

test('what a statement throws rejects its promise', async () => {
  const { atOnce } = start(() => {
    throw new RangeError('no such table')
  })
  await assert.rejects(sql`select 1`.execute(atOnce), { message: 'no such table' })
})

test('what was compiled for the database is not compiled again', async () => {
  const { db, atOnce } = start(() => ({ rows: [] }))
  let compiled = 0
  const read = prepare<Record<string, never>, unknown>(each => {
    compiled += 1
    return each.selectFrom('client').selectAll()
  })
  await read(atOnce, {})
  await assert.rejects(read(db, {}))
  assert.equal(compiled, 1)
})
