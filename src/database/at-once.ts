import {
  type CompiledQuery,
  type ConnectionProvider,
  DefaultQueryExecutor,
  type Dialect,
  Kysely,
  type QueryResult,
} from 'kysely'
import type { Database } from './schema.ts'

/** Runs a statement on the connection that the transaction has, or sends it there. */
type Run = (statement: CompiledQuery) => QueryResult<unknown> | Promise<QueryResult<unknown>>

const neverAsked: ConnectionProvider = {
  provideConnection: async () => {
    throw new Error('A transaction asks for no connection.')
  },
}

/**
 * Does not ask for a connection and give it back for each statement, which costs more than most of them do, and lets none
 * wait for the one before.
 */
class RunAtOnce extends DefaultQueryExecutor {
  readonly #run: Run

  constructor(db: Kysely<Database>, dialect: Dialect, run: Run) {
    // The adapter of the database itself, by which its compiled statements are found again.
    super(dialect.createQueryCompiler(), db.getExecutor().adapter, neverAsked)
    this.#run = run
  }

  override async executeQuery<Row>(statement: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#run(statement) as Promise<QueryResult<Row>>
  }
}

/** The same database for whoever holds a connection: what it is asked for has run, or is under way, when the call returns. */
export const toAtOnce = (db: Kysely<Database>, dialect: Dialect, run: Run): Kysely<Database> =>
  new Kysely({
    config: { dialect },
    dialect,
    driver: dialect.createDriver(),
    executor: new RunAtOnce(db, dialect, run),
  })
