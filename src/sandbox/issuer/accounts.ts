import { people, type Services } from '../callers.ts'
import { findService } from './callers.ts'

/** The person with this id in the form that oidc-provider wants. */
export function findAccount(id: string) {
  const person = people.find(known => known.id === id)
  if (person === undefined) return undefined
  const claims = {
    sub: person.id,
    name: person.name,
    preferred_username: person.id,
    email: person.email,
    email_verified: true,
    groups: [...person.teams],
  }
  return { accountId: person.id, claims: () => claims }
}

/** The teams that stand in an access token: the person's, or the service's own. */
export function teamsOf(token: { clientId?: string | undefined }, services: Services): string[] {
  if ('accountId' in token) return [...(people.find(({ id }) => id === token.accountId)?.teams ?? [])]
  return [...(findService(token.clientId, services)?.teams ?? [])]
}
