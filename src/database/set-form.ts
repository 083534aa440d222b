import {
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  CommonTableExpressionNameNode,
  CommonTableExpressionNode,
  type CompiledQuery,
  FromNode,
  InsertQueryNode,
  type Kysely,
  type OperationNode,
  OperationNodeTransformer,
  OperatorNode,
  PrimitiveValueListNode,
  type QueryId,
  type RawBuilder,
  ReferenceNode,
  ReturningNode,
  SelectAllNode,
  SelectionNode,
  SelectQueryNode,
  sql,
  TableNode,
  UpdateQueryNode,
  ValueNode,
  ValuesNode,
  WhereNode,
  WithNode,
} from 'kysely'
import type { Database } from './schema.ts'

/** Where a set statement has the values of its runs, a row for each. */
export const runs = 'run'
/** Tells in rows and results which run of the set one belongs to, counted from 0. */
export const runNumber = 'run_number'
/** The rows that an update is about, locked. */
const held = 'held'

type SetForm = {
  db: Kysely<Database>
  /** The statement for one run, with columns of {@link runs} in the place of values. */
  node: OperationNode
  /** Names of the values and whether each is a number. */
  columns: readonly { name: string; isNumber: boolean }[]
  /** Stands for the runs as a JSON array of objects. */
  parameter: OperationNode
  /** Of an insert that may leave rows out: the column by which those that it has inserted are told. */
  told: string | undefined
}

/**
 * One statement on PostgreSQL for many runs of an insert, update or select. Its rows say by {@link runNumber}, or by the
 * column `told`, whose they are.
 *
 * Rows are looked for by the key alone, which is the first condition, and locked in its order, so that two replicas cannot
 * wait for each other. The other conditions are asked of the locked rows: next to the key they could let the planner take
 * an index that has nothing to do with it and read all that is outstanding.
 * @throws Error for another kind of statement
 */
export const toSetStatement = ({ db, node, told, ...runsOf }: SetForm): CompiledQuery => {
  const executor = db.getExecutor()
  const set = toSet(node, toRuns(runsOf), told)
  return executor.compileQuery(set as never, { queryId: 'set' } as QueryId)
}

/**
 * Refuses what would not tell each run its result when many are one statement: an insert that may leave rows out and
 * names no column by which they are told, one that returns rows, and a select that counts its rows.
 * @throws Error
 */
export const requireSetForm = (node: OperationNode, told: string | undefined): void => {
  if (SelectQueryNode.is(node) && (node.limit || node.offset))
    throw new Error('A select for many runs cannot count the rows of each.')
  if (!InsertQueryNode.is(node)) return
  if (node.returning) throw new Error('An insert for many runs cannot return the rows of each.')
  if (node.onConflict && told === undefined)
    throw new Error('An insert that may leave rows out has to say by which column they are told.')
}

const toSet = (node: OperationNode, input: CommonTableExpressionNode, told: string | undefined) => {
  if (InsertQueryNode.is(node)) return toSetInsert(node, input, told)
  if (UpdateQueryNode.is(node)) return toSetUpdate(node, input)
  if (SelectQueryNode.is(node)) return toSetSelect(node, input)
  throw new Error(`There is no set form of a ${node.kind}.`)
}

const toRuns = ({
  columns,
  parameter,
}: Pick<SetForm, 'columns' | 'parameter'>): CommonTableExpressionNode => {
  const definitions = [
    sql`${sql.ref(runNumber)} integer`,
    ...columns.map(({ name, isNumber }) =>
      isNumber ? sql`${sql.ref(name)} bigint` : sql`${sql.ref(name)} text collate "C"`,
    ),
  ]
  const rows: RawBuilder<unknown> = sql`json_to_recordset(${toBuilder(parameter)}::json)`
  // True of every run. It lets the planner expect one row instead of a hundred, for which it would read small tables as a whole.
  const few = sql`${sql.ref(runNumber)} between 0 and 1000`
  return toTable(
    runs,
    sql`(select * from ${rows} as ${sql.table(runs)}(${sql.join(definitions)}) where ${few})`,
  )
}

const toBuilder = (node: OperationNode) => ({ toOperationNode: () => node }) as RawBuilder<unknown>

const toTable = (name: string, rows: RawBuilder<unknown>): CommonTableExpressionNode =>
  CommonTableExpressionNode.cloneWith(
    CommonTableExpressionNode.create(CommonTableExpressionNameNode.create(name), rows.toOperationNode()),
    { materialized: true },
  )

const toSetInsert = (
  node: InsertQueryNode,
  input: CommonTableExpressionNode,
  told: string | undefined,
): InsertQueryNode => {
  const [row] = ValuesNode.is(node.values as OperationNode) ? (node.values as ValuesNode).values : []
  if (!row) throw new Error('The insert has no values.')
  const values = PrimitiveValueListNode.is(row) ? row.values.map(each => ValueNode.create(each)) : row.values
  return {
    ...node,
    with: WithNode.create(input),
    values: {
      ...SelectQueryNode.createFrom([TableNode.create(runs)]),
      selections: values.map(each => SelectionNode.create(each as never)),
    } as SelectQueryNode,
    ...(told && { returning: ReturningNode.create([SelectionNode.create(toReference(told))]) }),
  }
}

const toSetUpdate = (node: UpdateQueryNode, input: CommonTableExpressionNode): UpdateQueryNode => {
  const table = toName(node.table)
  const { key, value, others } = splitWhere(node.where)
  const rows = sql`(
    select ${sql.table(table)}.*, ${sql.ref(`${runs}.${runNumber}`)}
    from ${sql.table(table)} inner join ${sql.table(runs)} on ${sql.ref(`${table}.${key}`)} = ${toBuilder(value)}
    order by ${sql.ref(`${table}.${key}`)} for update of ${sql.table(table)}
  )`
  const conditions = [
    toEqual(toReference(key, table), toReference(key, held)),
    toEqual(toReference(runNumber, held), toReference(runNumber, runs)),
    ...others.map(each => qualify(each, held)),
  ]
  return {
    ...node,
    with: WithNode.cloneWithExpression(WithNode.create(input), toTable(held, rows)),
    from: FromNode.create([TableNode.create(held), TableNode.create(runs)]),
    where: WhereNode.create(conditions.reduce((all, each) => AndNode.create(all, each))),
    updates: (node.updates ?? []).map(({ value: set, ...update }) => ({
      ...update,
      value: qualify(set, table),
    })),
    returning: ReturningNode.create([
      SelectionNode.create(toReference(runNumber, runs)),
      ...(node.returning?.selections ?? []).map(each => qualify(each, table)),
    ]),
  }
}

const toSetSelect = (node: SelectQueryNode, input: CommonTableExpressionNode): SelectQueryNode => {
  const [from] = node.from?.froms ?? []
  const qualified = from ? qualify(node, toName(from)) : node
  return {
    ...qualified,
    with: WithNode.create(input),
    // Before what the select itself reads, because a join is one with the last of them.
    from: FromNode.create([TableNode.create(runs), ...(node.from?.froms ?? [])]),
    selections: [...(qualified.selections ?? []), SelectionNode.create(toReference(runNumber, runs))],
  }
}

const toName = (table: OperationNode | undefined): string => {
  if (!table || !TableNode.is(table)) throw new Error('The statement is about no table.')
  return table.table.identifier.name
}

const toReference = (column: string, table?: string): ReferenceNode =>
  ReferenceNode.create(ColumnNode.create(column), table === undefined ? undefined : TableNode.create(table))

const toEqual = (left: OperationNode, right: OperationNode): OperationNode =>
  BinaryOperationNode.create(left, OperatorNode.create('='), right)

type SplitWhere = { key: string; value: OperationNode; others: OperationNode[] }

/** @throws Error where the first condition is not that a column equals a value */
const splitWhere = (where: WhereNode | undefined): SplitWhere => {
  const [first, ...others] = where ? toConditions(where.where) : []
  if (first && BinaryOperationNode.is(first) && ReferenceNode.is(first.leftOperand)) {
    const { column } = first.leftOperand
    if (ColumnNode.is(column)) return { key: column.column.name, value: first.rightOperand, others }
  }
  throw new Error('The first condition is not about the key.')
}

const toConditions = (node: OperationNode): OperationNode[] =>
  AndNode.is(node) ? [...toConditions(node.left), ...toConditions(node.right)] : [node]

/** Says of columns that name no table which one they are of. */
class Qualify extends OperationNodeTransformer {
  readonly #table: TableNode

  constructor(table: string) {
    super()
    this.#table = TableNode.create(table)
  }

  protected override transformReference(node: ReferenceNode): ReferenceNode {
    return node.table ? node : ReferenceNode.create(node.column as ColumnNode, this.#table)
  }

  protected override transformSelection(node: SelectionNode, queryId?: QueryId): SelectionNode {
    return SelectAllNode.is(node.selection)
      ? SelectionNode.createSelectAllFromTable(this.#table)
      : super.transformSelection(node, queryId)
  }
}

const qualify = <Node extends OperationNode>(node: Node, table: string): Node =>
  new Qualify(table).transformNode(node)
