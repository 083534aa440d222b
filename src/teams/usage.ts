import type { Store } from '../database/store.ts'
import type { Policy } from '../policy/team-policy.ts'
import { countClients } from '../web-session-clients/count-clients.ts'
import { type Bound, findLimit } from './allowed.ts'

/** Where counting ends for a team without a limit, for which the number decides nothing. */
const mostCounted = 1_000

export type Usage = { count: number; exact: boolean; limit: Bound<number | null> }

/**
 * How many clients each team has of how many. Counting ends one beyond the limit, as it does in a create, so that a team
 * that has more (its limit was lowered, or there is none) costs no more than one that has not.
 */
export const countUsage = async (
  { db }: Pick<Store, 'db'>,
  policy: Policy,
  teams: readonly string[],
): Promise<{ team: string; clients: Usage }[]> => {
  const limited = teams.map(team => {
    const limit = findLimit(policy, team)
    return { team, limit, atMost: (limit.value ?? mostCounted) + 1 }
  })
  const counts = await countClients(db, limited)
  return limited.map(({ team, limit, atMost }, index) => {
    const count = counts[index] ?? 0
    return { team, clients: { count, exact: count < atMost, limit } }
  })
}
