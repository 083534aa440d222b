import { type CompiledQuery, type Expression, type Kysely, type QueryResult, sql } from 'kysely'
import type { Database } from './schema.ts'

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

/**
 * Builds and compiles a statement once and runs it with different values, because building it costs several times what
 * running it does.
 */
export const prepare = <Values extends Record<string, unknown>, Row>(
  build: (db: Kysely<Database>, value: Placeholders<Values>) => { compile: () => CompiledQuery<Row> },
): ((db: Kysely<Database>, values: Values) => Promise<QueryResult<Row>>) => {
  // By adapter, because each engine has its own dialect of SQL, and transactions share their database's adapter.
  const statements = new WeakMap<object, CompiledQuery<Row>>()
  const compile = (db: Kysely<Database>): CompiledQuery<Row> => {
    const { adapter } = db.getExecutor()
    const known = statements.get(adapter)
    if (known) return known
    const statement = build(db, placeholders as Placeholders<Values>).compile()
    statements.set(adapter, statement)
    return statement
  }
  return (db, values) => {
    const statement = compile(db)
    const parameters = statement.parameters.map(each =>
      each instanceof Placeholder ? values[each.name] : each,
    )
    return db.executeQuery({ ...statement, parameters })
  }
}
