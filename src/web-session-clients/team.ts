import { isAdmin, mayReach, type Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import type { CreateWebSessionClient } from './schema.ts'

/**
 * The team that will own a client. Without a word which, only the one that the caller is in can be meant.
 * @throws Problem `no_team`, `team_not_yours`, `team_ambiguous`
 */
export const chooseTeam = (
  principal: Principal,
  { team: wanted, clientId }: Pick<CreateWebSessionClient, 'team' | 'clientId'>,
): string => {
  if (wanted !== undefined && mayReach(principal, wanted)) return wanted
  const { teams } = principal
  if (teams.length === 0) {
    throw new Problem(
      'no_team',
      `Your access token names no team, and every client has one. ${isAdmin(principal) ? 'Send team as the one that is to own it.' : 'Ask the operator of the issuer for a team.'}`,
      { about: { clientId } },
    )
  }
  if (wanted !== undefined) {
    throw new Problem('team_not_yours', `You can create clients for ${teams.join(', ')}.`, {
      about: { clientId },
    })
  }
  const [only, ...others] = teams
  if (only !== undefined && others.length === 0) return only
  throw new Problem('team_ambiguous', `You are in several teams; send team as one of ${teams.join(', ')}.`)
}
