import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import type { Store } from '../../src/database/store.ts'
import { sweepExpired } from '../../src/secret-retrievals/sweep.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { openPostgresStore, openSqliteStore } from '../database/stores.ts'

const server = usePostgresServer()
const rows = 1_000_000
const due = 20_000
/** Between what a batch takes by the index, on a busy machine, and what it takes by reading every row. */
const longestMeanMs = 150

/** As many as the database makes within the time that a statement of the service may take. */
const piece = 100_000

/** A million retrievals that are not due, and among them some that are; made by the database itself. */
const fill = async (store: Store): Promise<void> => {
  for (let from = 0; from < rows; from += piece) {
    await store.write(trx =>
      sql`
        insert into retrieval (retrieval_id, client_id, team, redeemable_by, state, sealed, created_at, created_by, expires_at)
        with recursive numbers(n) as (select ${sql.lit(from + 1)} union all select n + 1 from numbers where n < ${sql.lit(from + piece)})
        select 'retrieval-' || n, 'client-' || n, 'payments', 'team', 'outstanding', 'sealed', '2026', 'ana',
          case when n % ${sql.lit(rows / due)} = 0 then '2026-01-01T00:00:00.000Z' else '9999-01-01T00:00:00.000Z' end
        from numbers`.execute(trx),
    )
  }
}

const checkSweep = async (t: TestContext, store: Store): Promise<void> => {
  await fill(store)
  const writes: number[] = []
  const timed: Store = {
    ...store,
    write: async (work, options) => {
      const begun = performance.now()
      const result = await store.write(work, options)
      writes.push(performance.now() - begun)
      return result
    },
  }
  const begun = performance.now()
  const { retrievals } = await sweepExpired(timed)
  const totalMs = Math.round(performance.now() - begun)
  const longestMs = Math.round(Math.max(...writes))
  t.diagnostic(
    `${due} due of ${rows}: ${totalMs} ms in ${writes.length} batches, the longest ${longestMs} ms`,
  )
  assert.equal(retrievals, due)
  assert.ok(totalMs / writes.length < longestMeanMs)
  const left = await store.db
    .selectFrom('retrieval')
    .select(sql<string>`count(*)`.as('count'))
    .where('state', '=', 'outstanding')
    .executeTakeFirstOrThrow()
  assert.equal(Number(left.count), rows - due)
}

test('SQLite: what is due among a million retrievals is swept in short batches', async t =>
  checkSweep(t, await openSqliteStore(t)))

test('PostgreSQL: what is due among a million retrievals is swept in short batches', async t => {
  await checkSweep(t, await openPostgresStore(t, await server.createDatabase()))
})
