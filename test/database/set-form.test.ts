import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DummyDriver,
  Kysely,
  type OperationNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import type { Database } from '../../src/database/schema.ts'
import { requireSetForm, toSetStatement } from '../../src/database/set-form.ts'
import { retrievalRow } from './rows.ts'

const db = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: each => new PostgresIntrospector(each),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

const id = sql<string>`${sql.ref('run.id')}`

const compile = (statement: { toOperationNode: () => OperationNode }, told?: string) =>
  toSetStatement({
    db,
    node: statement.toOperationNode(),
    columns: [
      { name: 'id', isNumber: false },
      { name: 'leaseMs', isNumber: true },
    ],
    parameter: sql`${'rows'}`.toOperationNode(),
    told,
  })

test('the runs are one parameter, read as rows with their numbers', () => {
  const { sql: text, parameters } = compile(
    db.insertInto('retrieval').values({ ...retrievalRow({}), retrieval_id: id }),
  )
  assert.match(
    text,
    /^with "run" as materialized \(select \* from json_to_recordset\(\$1::json\) as "run"\("run_number" integer, "id" text collate "C", "leaseMs" bigint\) where "run_number" between 0 and 1000\) insert into/,
  )
  assert.equal(parameters[0], 'rows')
  assert.match(text, /from "run"$/)
})

test('an insert that may leave rows out returns the column by which the others are told', () => {
  const insert = db
    .insertInto('retrieval')
    .values({ ...retrievalRow({}), retrieval_id: id })
    .onConflict(conflict => conflict.doNothing())
  assert.match(compile(insert, 'retrieval_id').sql, /on conflict do nothing returning "retrieval_id"$/)
})

test('an update locks its rows by the key in its order, and asks its other conditions of them', () => {
  const update = db
    .updateTable('retrieval')
    .set({ state: 'redeemed' })
    .where('retrieval_id', '=', id)
    .where('state', '=', 'outstanding')
    .returningAll()
  const { sql: text } = compile(update)
  const spaces = text.replaceAll(/\s+/g, ' ')
  assert.match(
    spaces,
    /inner join "run" on "retrieval"\."retrieval_id" = "run"\."id" order by "retrieval"\."retrieval_id" for update of "retrieval" \)/,
  )
  assert.match(
    spaces,
    /where "retrieval"\."retrieval_id" = "held"\."retrieval_id" and "held"\."run_number" = "run"\."run_number" and "held"\."state" = \$\d returning "run"\."run_number", "retrieval"\.\*$/,
  )
})

test('a select may join its table with another one', () => {
  const select = db
    .selectFrom('retrieval')
    .innerJoin('client', 'client.retrieval_id', 'retrieval.retrieval_id')
    .select('retrieval.team')
    .where('retrieval.retrieval_id', '=', id)
  assert.match(
    compile(select as never).sql,
    /select "retrieval"\."team", "run"\."run_number" from "run", "retrieval" inner join "client" on /,
  )
})

test('what would not tell each run its result is refused: a select that counts its rows, an insert that returns some, and one that may leave some out unless it says how they are told', () => {
  const insert = db.insertInto('retrieval').values({ ...retrievalRow({}), retrieval_id: id })
  const conflicting = insert.onConflict(conflict => conflict.doNothing())
  const require = (statement: typeof insert, told?: string) => () =>
    requireSetForm(statement.toOperationNode(), told)
  const find = db.selectFrom('retrieval').selectAll().where('retrieval_id', '=', id)
  assert.throws(require(find.limit(1) as never), /cannot count/)
  assert.throws(require(find.offset(1) as never), /cannot count/)
  assert.doesNotThrow(require(find as never))
  assert.throws(require(conflicting), /by which column/)
  assert.throws(require(insert.returningAll() as never, 'retrieval_id'), /cannot return/)
  assert.doesNotThrow(require(conflicting, 'retrieval_id'))
  assert.doesNotThrow(require(insert))
})

test('what has no set form is refused: a delete, a condition that is not about the key, an insert without values', () => {
  const refused: [{ toOperationNode: () => OperationNode }, RegExp][] = [
    [db.deleteFrom('retrieval').where('retrieval_id', '=', id), /no set form of a DeleteQueryNode/],
    [db.updateTable('retrieval').set({ sealed: null }), /not about the key/],
    [db.updateTable('retrieval').set({ sealed: null }).where(sql<boolean>`true`), /not about the key/],
    [db.insertInto('retrieval').expression(db.selectFrom('retrieval').selectAll()), /no values/],
  ]
  for (const [statement, message] of refused) assert.throws(() => compile(statement), message)
})
