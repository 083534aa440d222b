import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Database } from './schema.ts'
import { runNumber } from './set-form.ts'
import type { Run, SetOfRuns } from './statement.ts'

type Result = QueryResult<unknown>

type Asked = {
  statement: CompiledQuery | Run
  /** Which of the works asks. */
  work: number
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

type Options = {
  /** For compiling. */
  db: Kysely<Database>
  /** Sends a statement at once, behind those that were sent before. */
  send: (statement: CompiledQuery) => Promise<Result>
}

export type Together = {
  ask: (work: number, statement: CompiledQuery) => Promise<Result>
  /** Resolves once nothing that was asked for is unanswered; whatever is asked for after that is refused. */
  ended: () => Promise<void>
  hasWritten: (work: number) => boolean
  /** Why the first statement that failed did so; the transaction can only be rolled back then. */
  failure: () => { error: unknown } | undefined
}

/**
 * Statements of several works in one transaction: what they ask for in the same turn of the event loop is sent together,
 * and runs of one prepared statement are sent as one, because a statement costs several times what a row of it does.
 */
export const askTogether = ({ db, send }: Options): Together => {
  const asked: Asked[] = []
  const unanswered = new Set<Promise<void>>()
  const writers = new Set<number>()
  let failure: { error: unknown } | undefined
  let hasEnded = false

  const answer = ({ work, resolve }: Asked, result: Result): void => {
    if (result.numAffectedRows) writers.add(work)
    resolve(result)
  }
  const sendGroup = async (all: readonly Asked[]): Promise<void> => {
    try {
      const results = await sendAll(db, send, all)
      for (const [index, each] of all.entries()) answer(each, results[index] ?? { rows: [] })
    } catch (error) {
      failure ??= { error }
      for (const { reject } of all) reject(error)
    }
  }
  const flush = (): void => {
    for (const all of toGroups(asked.splice(0))) {
      const sent = sendGroup(all).finally(() => unanswered.delete(sent))
      unanswered.add(sent)
    }
  }
  return {
    ask: (work, statement) =>
      new Promise((resolve, reject) => {
        // It would run after the commit, or in the next transaction of that connection.
        if (hasEnded) throw new Error('The transaction of this work has ended.')
        if (asked.length === 0) setImmediate(flush)
        asked.push({ statement, work, resolve, reject })
      }),
    ended: async () => {
      do {
        flush()
        await Promise.all(unanswered)
      } while (asked.length + unanswered.size > 0)
      hasEnded = true
    },
    hasWritten: work => writers.has(work),
    failure: () => failure,
  }
}

/** In the order in which each was first asked for. */
const toGroups = (asked: readonly Asked[]): Iterable<Asked[]> =>
  Map.groupBy(asked, ({ statement }) => toPrepared(statement) ?? statement).values()

const toPrepared = (statement: CompiledQuery | Run): SetOfRuns | undefined =>
  'prepared' in statement ? statement.prepared : undefined

/** A result for each. */
const sendAll = async (
  db: Kysely<Database>,
  send: Options['send'],
  all: readonly Asked[],
): Promise<Result[]> => {
  const runs = all.map(({ statement }) => statement)
  const [first] = runs
  const prepared = first && toPrepared(first)
  if (!prepared || runs.length === 1) return Promise.all(runs.map(send))
  const values = (runs as Run[]).map(each => each.values)
  const result = await send(prepared.compileSet(db, values))
  return toResults(result, values, prepared.told)
}

/** Of the one result what belongs to each run. */
const toResults = (
  { rows, numAffectedRows }: Result,
  values: readonly Record<string, unknown>[],
  told: SetOfRuns['told'],
): Result[] => {
  const isWrite = numAffectedRows !== undefined
  if (told) {
    const [column, name] = told
    const inserted = new Set((rows as Record<string, unknown>[]).map(row => row[column]))
    return values.map(each => ({ rows: [], numAffectedRows: inserted.has(each[name]) ? 1n : 0n }))
  }
  // An insert that leaves nothing out returns nothing either.
  if (isWrite && rows.length === 0 && numAffectedRows === BigInt(values.length))
    return values.map(() => ({ rows: [], numAffectedRows: 1n }))
  const all = values.map((): unknown[] => [])
  for (const { [runNumber]: index, ...row } of rows as Record<string, unknown>[])
    all[index as number]?.push(row)
  return all.map(own => ({ rows: own, ...(isWrite && { numAffectedRows: BigInt(own.length) }) }))
}
