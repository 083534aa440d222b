import { type Kysely, PostgresAdapter, sql } from 'kysely'

const isPostgres = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

const up = async (db: Kysely<unknown>): Promise<void> => {
  if (isPostgres(db)) {
    await db.schema
      .alterTable('operation')
      .alterColumn('retrieval_id', column => column.dropNotNull())
      .execute()
    await db.schema.alterTable('operation').addColumn('facts', sql`text collate "C"`).execute()
  } else await rebuildOperationTable(db)
  await db.schema
    .createIndex('operation_holds_client')
    .unique()
    .on('operation')
    .column('client_id')
    .where(sql.ref('state'), '=', sql.lit('intended'))
    .execute()
}

const columns = [
  ...['operation_id', 'kind', 'client_id', 'team', 'state', 'failure', 'retrieval_id', 'answer', 'refusal'],
  ...['request_id', 'requested_by', 'created_at', 'lease_until', 'fence', 'finished_at'],
] as const

const nullable: ReadonlySet<string> = new Set(['failure', 'retrieval_id', 'answer', 'refusal', 'finished_at'])

/** SQLite takes no rule from a column that is there, so the rows move to a table without it. */
const rebuildOperationTable = async (db: Kysely<unknown>): Promise<void> => {
  let table = db.schema.createTable('operation_rebuilt')
  for (const name of columns) {
    if (name === 'operation_id') table = table.addColumn(name, 'text', column => column.primaryKey())
    else if (name === 'fence')
      table = table.addColumn(name, 'integer', column => column.notNull().defaultTo(1))
    else table = table.addColumn(name, 'text', column => (nullable.has(name) ? column : column.notNull()))
  }
  await table.addColumn('facts', 'text').execute()
  const names = sql.join(columns.map(name => sql.ref(name)))
  await sql`insert into operation_rebuilt (${names}) select ${names} from operation`.execute(db)
  await db.schema.dropTable('operation').execute()
  await db.schema.alterTable('operation_rebuilt').renameTo('operation').execute()
  await db.schema
    .createIndex('operation_unfinished')
    .on('operation')
    .column('operation_id')
    .where(sql.ref('state'), '=', sql.lit('intended'))
    .execute()
}

/**
 * Operations keep facts instead of answers, need no retrieval, and hold their client until they end. `answer` stays for
 * what it has, and for replicas of the version before that go on writing it.
 */
export const factsOfOperations = { up }
