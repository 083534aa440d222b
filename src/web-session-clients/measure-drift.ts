import { sql } from 'kysely'
import type { Store } from '../database/store.ts'
import { type DriftState, driftStates } from '../database/vocabulary.ts'

/** Clients that have drifted, by how they have. */
export type DriftedClients = Readonly<Record<DriftState, number>>

/** Bounds the work, whatever has happened in PingFederate. */
const maxCounted = 10_000

/** Counts them by their index: its work depends on how many have drifted, not on how many clients there are. */
export const measureDrift = async ({ db }: Pick<Store, 'db'>): Promise<DriftedClients> => {
  const drifted = db.selectFrom('client').select('drift').where(sql<boolean>`drift > ''`).limit(maxCounted)
  const rows = await db
    .selectFrom(drifted.as('drifted'))
    .select(['drift', ({ fn }) => fn.countAll().as('count')])
    .groupBy('drift')
    .execute()
  const counts = new Map(rows.map(({ drift, count }) => [drift, Number(count)]))
  return Object.fromEntries(driftStates.map(state => [state, counts.get(state) ?? 0])) as DriftedClients
}
