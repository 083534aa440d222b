import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CompiledQuery, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { toAtOnce } from '../../src/database/at-once.ts'
import { type Placeholders, prepare } from '../../src/database/statement.ts'
import { askTogether } from '../../src/database/statements-together.ts'
import { usePostgresServer } from './postgres-server.ts'
import { retrievalRow } from './rows.ts'
import { openPostgresStore } from './stores.ts'

const server = usePostgresServer()

const insert = prepare((db, value: Placeholders<{ id: string }>) =>
  db.insertInto('retrieval').values({ ...retrievalRow({}), retrieval_id: value.id }),
)
const find = prepare((db, value: Placeholders<{ id: string }>) =>
  db.selectFrom('retrieval').select('retrieval_id').where('retrieval_id', '=', value.id),
)

/** Works that ask together, and the statements that were sent for them. */
const start = async (t: TestContext) => {
  const database = await server.createDatabase(t)
  const { db, takeTurns } = await openPostgresStore(t, database)
  const sent: CompiledQuery[] = []
  const together = askTogether({
    db,
    send: statement => {
      sent.push(statement)
      return db.executeQuery(statement)
    },
  })
  const dialect = new PostgresDialect({ pool: new pg.Pool() })
  const workOf = (work: number) => toAtOnce(db, dialect, statement => together.ask(work, statement))
  return { database, takeTurns, together, workOf, sent }
}

test('statements are sent in the order in which each was first asked for, and runs of one are sent once', async t => {
  const { workOf, sent } = await start(t)
  const works = [0, 1, 2].map(workOf)
  const toValues = (index: number) => ({ id: `retrieval ${index}` })
  await Promise.all(
    works.flatMap((trx, index) => [insert(trx, toValues(index)), sql`select ${index}::int`.execute(trx)]),
  )
  await Promise.all(works.map((trx, index) => find(trx, toValues(index))))
  assert.deepEqual(
    sent.map(({ sql: text }) => text.match(/insert|select \$1::int|"retrieval"\."retrieval_id"/)?.[0]),
    ['insert', ...Array(3).fill('select $1::int'), '"retrieval"."retrieval_id"'],
  )
})

test('only values that a statement asks for are sent', async t => {
  const { workOf, sent } = await start(t)
  const values = (id: string) => ({ id, secret: 'not to be sent' })
  await Promise.all([0, 1].map(index => insert(workOf(index), values(`retrieval ${index}`))))
  assert.equal(sent.length, 1)
  assert.equal(JSON.stringify(sent[0]?.parameters).includes('not to be sent'), false)
})

test('it knows which works have changed rows, and what has failed first', async t => {
  const { together, workOf } = await start(t)
  const [writer, reader] = [workOf(0), workOf(1)]
  await Promise.all([insert(writer, { id: 'a' }), find(reader, { id: 'a' })])
  assert.deepEqual([together.hasWritten(0), together.hasWritten(1)], [true, false])
  assert.equal(together.failure(), undefined)
  const failed = await sql`select * from missing`.execute(reader).catch((error: unknown) => error)
  assert.equal(together.failure()?.error, failed)
})

test('it has ended once what nobody waits for has been answered too', async t => {
  const { together, workOf } = await start(t)
  let isAnswered = false
  void insert(workOf(0), { id: 'a' }).then(() => {
    isAnswered = true
  })
  await together.ended()
  assert.equal(isAnswered, true)
  assert.equal(together.hasWritten(0), true)
})

test('nothing is sent any more once it has ended, because the connection may have another transaction by then', async t => {
  const { together, workOf, sent } = await start(t)
  await together.ended()
  await assert.rejects(insert(workOf(0), { id: 'a' }), /has ended/)
  await new Promise(setImmediate)
  assert.equal(sent.length, 0)
})

/** Of those locks, which a statement has got that waits for another one; read until there is such a statement. */
const readHeldBy = async (beside: pg.Client, names: readonly string[]): Promise<string[]> => {
  const held = `
    select name from unnest($1::text[]) as name inner join pg_locks as lock
      on (lock.classid::bigint << 32) | lock.objid::bigint = hashtextextended(name, 0)
    where lock.locktype = 'advisory' and lock.granted and lock.pid in (
      select pid from pg_locks where locktype = 'advisory' and not granted
    ) order by name collate "C"`
  for (;;) {
    const { rows } = await beside.query<{ name: string }>(held, [names])
    if (rows.length > 0) return rows.map(({ name }) => name)
  }
}

test('turns that are asked for together are taken in the order of their names, whatever the order of the works', async t => {
  const { database, takeTurns, workOf } = await start(t)
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  const names = ['e', 'b', 'd', 'a', 'c']
  await beside.query(`begin; select pg_advisory_xact_lock(hashtextextended('c', 0))`)
  const taken = Promise.all(names.map((name, work) => takeTurns(workOf(work), name)))
  assert.deepEqual(await readHeldBy(beside, names), ['a', 'b'])
  await beside.query('rollback')
  await taken
})
