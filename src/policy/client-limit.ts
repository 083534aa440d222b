import type { Problem } from '../problem.ts'
import { notAllowed } from './not-allowed.ts'
import { getTeamPolicy, type Policy } from './team-policy.ts'

/** How many clients a team may have, the rule that says so, and the answer to a request for one more. */
export type ClientLimit = Readonly<{ team: string; maximum: number; rule: string | null; refusal: Problem }>

/** Undefined where the policy sets no limit. It is kept where the client id is reserved, so that no two requests share the last place. */
export const findClientLimit = (
  policy: Policy,
  { team, clientId }: { team: string; clientId: string },
): ClientLimit | undefined => {
  const { clients } = getTeamPolicy(policy, team)
  if (!clients) return undefined
  const { value: maximum, rule } = clients
  const refused = {
    kind: 'clients_per_team',
    isAllowed: false,
    rule,
    pointer: '/team',
    value: team,
    allowed: [maximum],
  } as const
  const where = { team, clientId, changeableBy: policy.changeableBy }
  return { team, maximum, rule, refusal: notAllowed([refused], where) }
}
