import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'

/** A team, and at how many of its clients counting ends. */
export type ToCount = Readonly<{ team: string; atMost: number }>

/**
 * Counts the clients of teams, those still being created too, in one statement. It reads no more of the index than
 * `atMost` entries of each team, so that it takes no longer for a team that has more.
 */
export const countClients = async (db: Kysely<Database>, teams: readonly ToCount[]): Promise<number[]> => {
  if (teams.length === 0) return []
  const counts = await selectCounts(db, teams).executeTakeFirstOrThrow()
  return teams.map((_, index) => Number(counts[`team_${index}`]))
}

/** A column for each team, because a list of teams could have one limit only. */
export const selectCounts = (db: Kysely<Database>, teams: readonly ToCount[]) =>
  db.selectNoFrom(eb =>
    teams.map(({ team, atMost }, index) =>
      eb
        .selectFrom(
          eb.selectFrom('client').select('client_id').where('team', '=', team).limit(atMost).as('counted'),
        )
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .as(`team_${index}`),
    ),
  )
