import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledQuery, PostgresAdapter, type QueryId, type RootOperationNode, sql } from 'kysely'
import type { Store } from '../../src/database/store.ts'
import { findClients, mostWalked } from '../../src/web-session-clients/find-clients.ts'
import { onEachEngine } from '../database/engines.ts'
import { idOf, insertClients, insertMany } from './many-clients.ts'

type Search = Parameters<typeof findClients>[1]

const search = (values: Partial<Search>): Search => ({
  ...{ teams: ['payments'], limit: 50, after: undefined },
  ...values,
})

/** The ids of each page, to the end. */
const readPages = async (store: Store, values: Partial<Search>): Promise<string[][]> => {
  const { rows, next } = await findClients(store, search(values))
  const ids = rows.map(({ client_id: id }) => id)
  return next === undefined ? [ids] : [ids, ...(await readPages(store, { ...values, after: next }))]
}

/** The statements that one search runs. */
const watch = async ({ db, textIndex }: Store, values: Partial<Search>): Promise<CompiledQuery[]> => {
  // Parts of statements are transformed too, but only what is run has a result.
  const nodes = new Map<QueryId, RootOperationNode>()
  const statements: CompiledQuery[] = []
  const watched = db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      nodes.set(queryId, node)
      return node
    },
    transformResult: async ({ result, queryId }) => {
      const node = nodes.get(queryId)
      assert.ok(node)
      statements.push(db.getExecutor().compileQuery(node, queryId))
      return result
    },
  })
  await findClients({ db: watched, textIndex }, search(values))
  return statements
}

type Plan = {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: Plan[]
}

/** Rows of a table that a plan of PostgreSQL has read. */
const countRead = (plan: Plan, table: string): number => {
  const here = [plan['Actual Rows'], plan['Rows Removed by Filter'], plan['Rows Removed by Index Recheck']]
  const own = here.reduce<number>((sum, rows = 0) => sum + rows, 0) * plan['Actual Loops']
  const below = (plan.Plans ?? []).reduce((sum, each) => sum + countRead(each, table), 0)
  return below + (plan['Relation Name'] === table ? own : 0)
}

const countOnPostgres = async ({ db }: Store, { sql: text, parameters }: CompiledQuery): Promise<number> => {
  const explain = `explain (analyze, format json) ${text}`
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': { Plan: Plan }[] }>(
    CompiledQuery.raw(explain, [...parameters]),
  )
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan
  assert.ok(plan)
  return Math.max(countRead(plan, 'client'), countRead(plan, 'retrieval'))
}

/** It has no counts, but what it searches an index by says that it reads no more than the statement is limited to. */
const countOnSqlite = async ({ db }: Store, { sql: text, parameters }: CompiledQuery): Promise<number> => {
  const { rows } = await db.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${text}`, [...parameters]),
  )
  const reads = rows.map(({ detail }) => detail).filter(detail => /(client|retrieval)\b/.test(detail))
  const isBounded = (read: string): boolean =>
    /^SEARCH client USING INDEX client_by_team \(\(team,client_id\)>\(\?,\?\) AND team<\?\)$/.test(read) ||
    /^SEARCH client USING INDEX sqlite_autoindex_client_1 \(client_id>\?\)$/.test(read) ||
    /^SEARCH (client|retrieval) USING INDEX \w+_1 \((client|retrieval)_id=\?\)( LEFT-JOIN)?$/.test(read)
  assert.ok(reads.length > 0)
  assert.deepEqual(
    reads.filter(read => !isBounded(read)),
    [],
  )
  return 0
}

const countReads = (store: Store, statement: CompiledQuery): Promise<number> =>
  store.db.getExecutor().adapter instanceof PostgresAdapter
    ? countOnPostgres(store, statement)
    : countOnSqlite(store, statement)

/** Filters of which each has few or no clients that fit. */
const rare: Partial<Search>[] = [
  { search: 'no such' },
  { status: 'failed' },
  { retrieval: 'outstanding' },
  { retrieval: 'expired' },
  { secretOlderThanDays: 36_500 },
  { drifted: true },
  { status: 'ready', retrieval: 'revoked', secretOlderThanDays: 1, search: 'client' },
]

const places: Partial<Search>[] = [
  {},
  { after: idOf(mostWalked) },
  { teams: ['nobodys', 'payments', 'shop'] },
  { teams: 'any' },
  { teams: 'any', after: idOf(mostWalked) },
]

onEachEngine('clients', openStore => {
  test('200: no search and no filter reads more of many clients than one request may', async t => {
    const store = await openStore(t)
    await insertMany(store, 4 * mostWalked)
    await store.write(trx =>
      trx
        .updateTable('client')
        .set({ team: 'shop' })
        .where('client_id', '>=', idOf(2 * mostWalked))
        .execute(),
    )
    await sql`analyze`.execute(store.db)
    for (const filters of [{}, ...rare].flatMap(each => places.map(place => ({ ...each, ...place })))) {
      const statements = await watch(store, filters)
      // A sample of texts, what the index of them finds, ten chunks, and the page itself.
      assert.ok(statements.length > 0 && statements.length <= 13)
      let read = 0
      for (const statement of statements) read += await countReads(store, statement)
      assert.ok(read <= 1.1 * mostWalked, `${read} rows`)
    }
  })

  test('200: what is rare among many is found within several short pages, the last of which says so', async t => {
    const store = await openStore(t)
    const count = 2 * mostWalked + 1
    await insertMany(store, count)
    const last = idOf(count - 1)
    await store.write(trx =>
      trx.updateTable('client').set({ replication: 'failed' }).where('client_id', '=', last).execute(),
    )
    assert.deepEqual(await readPages(store, { status: 'failed' }), [[], [], [last]])
    assert.equal((await readPages(store, { search: 'no such' })).flat().length, 0)
  })

  test('200: clients of more teams than one statement takes come in order, each once, with a filter as without', async t => {
    const store = await openStore(t)
    const teams = Array.from({ length: 230 }, (_, index) => `team-${index}`)
    const clients = teams.flatMap((team, index) =>
      Array.from({ length: 1 + (index % 4) }, (__, turn) => ({
        ...{ client_id: `${(index * 7919) % 1000}-${turn}-${index}`, team },
        replication: turn === 0 ? ('failed' as const) : ('ready' as const),
      })),
    )
    await insertClients(store, [...clients, { client_id: 'foreign', team: 'foreign' }])
    const idsOf = (some: typeof clients) => some.map(({ client_id: id }) => id).toSorted()
    for (const limit of [100, 200]) {
      const failed = clients.filter(({ replication }) => replication === 'failed')
      assert.deepEqual((await readPages(store, { teams, limit, status: 'failed' })).flat(), idsOf(failed))
    }
    assert.deepEqual((await readPages(store, { teams, limit: 200 })).flat(), idsOf(clients))
    assert.deepEqual(await readPages(store, { teams: [] }), [[]])
  })
})

onEachEngine('clients of every team', openStore => {
  test('200: they come in order, each once, with a filter as without', async t => {
    const store = await openStore(t)
    await insertMany(store, 1_200)
    const failed = [0, 499, 500, 501, 1_199].map(idOf)
    await store.write(trx =>
      trx.updateTable('client').set({ replication: 'failed' }).where('client_id', 'in', failed).execute(),
    )
    await insertClients(store, [{ client_id: 'z', team: 'shop' }])
    const all = [...Array.from({ length: 1_200 }, (_, index) => idOf(index)), 'z']
    assert.deepEqual((await readPages(store, { teams: 'any', limit: 200 })).flat(), all.toSorted())
    for (const limit of [2, 5, 200])
      assert.deepEqual((await readPages(store, { teams: 'any', limit, status: 'failed' })).flat(), failed)
  })
})
