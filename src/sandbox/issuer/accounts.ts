import type { KoaContextWithOIDC } from 'oidc-provider'
import { people, type Services } from '../callers.ts'
import type { Engine } from '../pingfederate/pingfederate.ts'
import { findService } from './callers.ts'

/** The person with this id in the form that oidc-provider wants, with the attributes that the client's policy tells. */
export function findAccount(ctx: KoaContextWithOIDC, id: string, engine: Engine) {
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
  const stored = engine.findClient(ctx.oidc.client?.clientId ?? '')
  const told = Object.entries(claims).filter(
    ([name]) => name === 'sub' || stored === undefined || engine.hasAttribute(stored, name),
  )
  // The session's name, by which PingAccess asks whether it was revoked.
  const session = { 'pi.sri': ctx.oidc.entities.AuthorizationCode?.sessionUid }
  return { accountId: person.id, claims: () => ({ sub: person.id, ...Object.fromEntries(told), ...session }) }
}

/** The teams that stand in an access token: the person's, or the service's own. */
export function teamsOf(token: { clientId?: string | undefined }, services: Services): string[] {
  if ('accountId' in token) return [...(people.find(({ id }) => id === token.accountId)?.teams ?? [])]
  return [...(findService(token.clientId, services)?.teams ?? [])]
}
