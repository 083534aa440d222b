import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import type { CreateWebSessionClient } from './schema.ts'

/**
 * The team that will own a new client.
 * @throws Problem `no_team`, `team_not_yours`, `team_ambiguous`
 */
export const chooseTeam = (
  { teams }: Principal,
  { team: wanted, clientId }: Pick<CreateWebSessionClient, 'team' | 'clientId'>,
): string => {
  if (teams.length === 0) {
    throw new Problem(
      'no_team',
      'Your access token names no team, and every client has one. Ask the operator of the issuer for a team.',
      { about: { clientId } },
    )
  }
  if (wanted !== undefined) {
    if (teams.includes(wanted)) return wanted
    throw new Problem('team_not_yours', `You can create clients for ${teams.join(', ')}.`, {
      about: { clientId },
    })
  }
  const [only, ...others] = teams
  if (only !== undefined && others.length === 0) return only
  throw new Problem('team_ambiguous', `You are in several teams; send team as one of ${teams.join(', ')}.`)
}
