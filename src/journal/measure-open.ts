import { sql } from 'kysely'
import { databaseTime } from '../database/database-time.ts'
import type { Store } from '../database/store.ts'

/** Operations that have not ended; `abandoned` are those whose lease is over. The lag is the age of the oldest one. */
export type OpenOperations = { open: number; abandoned: number; lagSeconds: number }

/** Bounds the work, whatever an outage has left. */
const maxCounted = 10_000

/** Where the journal stands, by the index of what has not ended: its work depends on that, not on what is stored. */
export const measureOpenOperations = async ({ db }: Pick<Store, 'db'>): Promise<OpenOperations> => {
  const now = sql<string>`(select ${databaseTime})`
  const row = await db
    .selectFrom(
      db
        .selectFrom('operation')
        .select(['lease_until', 'created_at'])
        .where('state', '=', sql.lit('intended'))
        .limit(maxCounted)
        .as('unfinished'),
    )
    .select(({ fn }) => [
      fn.countAll().as('open'),
      sql<number>`count(case when lease_until <= ${now} then 1 end)`.as('abandoned'),
      fn.min('created_at').as('oldest'),
      now.as('now'),
    ])
    .executeTakeFirstOrThrow()
  const lagMs = row.oldest === null ? 0 : Date.parse(row.now) - Date.parse(row.oldest)
  return {
    open: Number(row.open),
    abandoned: Number(row.abandoned),
    lagSeconds: Math.max(lagMs, 0) / 1000,
  }
}
