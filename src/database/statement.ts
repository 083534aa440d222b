import {
  type CompiledQuery,
  type Expression,
  type Kysely,
  type OperationNode,
  type QueryResult,
  sql,
} from 'kysely'
import type { Database } from './schema.ts'
import { requireSetForm, runNumber, runs, toSetStatement } from './set-form.ts'

/** Expressions that stand in a statement for the values of each run. */
export type Placeholders<Values> = { readonly [Name in keyof Values]: Expression<Values[Name]> }

/** Stands for one value among the parameters of a compiled statement. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

const placeholders = new Proxy({}, { get: (_target, name) => sql`${new Placeholder(String(name))}` })

type Build<Values, Row> = (
  db: Kysely<Database>,
  value: Placeholders<Values>,
) => { compile: () => CompiledQuery<Row>; toOperationNode: () => OperationNode }

type Options = {
  /** Of an insert that may leave rows out (`on conflict`): the column whose value is in no other row, and its value's name. */
  told?: readonly [column: string, value: string]
}

/** What a run of a prepared statement is, for whoever can run several at once. */
export type Run = CompiledQuery & { prepared: SetOfRuns; values: Record<string, unknown> }

/** A prepared statement for many runs at once; on PostgreSQL only. */
export type SetOfRuns = {
  /** @throws Error where the kind of statement has no set form */
  compileSet: (db: Kysely<Database>, all: readonly Record<string, unknown>[]) => CompiledQuery
  told: Options['told']
}

/**
 * Builds and compiles a statement once and runs it with different values, because building it costs several times what
 * running it does. The first condition of an update is about the key.
 *
 * A run throws an Error where many runs at once could not be told their results.
 */
export const prepare = <Values extends Record<string, unknown>, Row>(
  build: Build<Values, Row>,
  { told }: Options = {},
): ((db: Kysely<Database>, values: Values) => Promise<QueryResult<Row>>) => {
  // By adapter, because each engine has its own dialect of SQL, and transactions share their database's adapter.
  const statements = new WeakMap<object, CompiledQuery<Row>>()
  const compile = (db: Kysely<Database>): CompiledQuery<Row> => {
    const { adapter } = db.getExecutor()
    const known = statements.get(adapter)
    if (known) return known
    const built = build(db, placeholders as Placeholders<Values>)
    // On either engine and at the first run, because many at once may be a rare case.
    requireSetForm(built.toOperationNode(), told?.[0])
    const statement = built.compile()
    statements.set(adapter, statement)
    return statement
  }
  const prepared: SetOfRuns = {
    compileSet: prepareSet(build as Build<Record<string, unknown>, Row>, told),
    told,
  }
  return (db, values) => {
    const statement = compile(db)
    const run: Run = { ...statement, parameters: fillIn(statement, name => values[name]), prepared, values }
    return db.executeQuery(run as CompiledQuery<Row>)
  }
}

const fillIn = ({ parameters }: CompiledQuery, find: (name: string) => unknown): readonly unknown[] =>
  parameters.map(each => (each instanceof Placeholder ? find(each.name) : each))

const prepareSet = <Row>(
  build: Build<Record<string, unknown>, Row>,
  told: Options['told'],
): SetOfRuns['compileSet'] => {
  let compiled: ReturnType<typeof compileSet> | undefined
  return (db, all) => {
    compiled ??= compileSet({ build, db, told, values: all[0] ?? {} })
    const { statement, names } = compiled
    return { ...statement, parameters: fillIn(statement, () => toRows(all, names)) }
  }
}

type ToCompile<Row> = {
  build: Build<Record<string, unknown>, Row>
  db: Kysely<Database>
  told: Options['told']
  /** Of one run, which tell the types of all. */
  values: Record<string, unknown>
}

const compileSet = <Row>({
  build,
  db,
  told,
  values,
}: ToCompile<Row>): { statement: CompiledQuery; names: readonly string[] } => {
  const asked = new Set<string>()
  const find = (_target: object, name: string | symbol) => {
    asked.add(String(name))
    return sql.ref(`${runs}.${String(name)}`)
  }
  const columns = new Proxy({}, { get: find }) as Placeholders<Record<string, unknown>>
  const node = build(db, columns).toOperationNode()
  const names = [...asked]
  const statement = toSetStatement({
    db,
    node,
    columns: names.map(name => ({ name, isNumber: typeof values[name] === 'number' })),
    parameter: sql`${new Placeholder(runs)}`.toOperationNode(),
    told: told?.[0],
  })
  return { statement, names }
}

/** Only what the statement asks for: the values may come with others, and among those can be a secret. */
const toRows = (all: readonly Record<string, unknown>[], names: readonly string[]): string =>
  JSON.stringify(
    all.map((values, index) => {
      const row: Record<string, unknown> = { [runNumber]: index }
      for (const name of names) row[name] = values[name]
      return row
    }),
  )
