import type { NewClient } from '../pingfederate/client-settings.ts'
import type { Json } from '../pingfederate/json.ts'
import { credentialsOf, scopesOf } from './live.ts'
import { chooseWebSession, impliedScope } from './web-session.ts'

/** What whoever delivers may choose. */
export type AskedWebSession = Readonly<{ name?: string | undefined; audience?: string | undefined }>

/**
 * A web session that exists, changed as little as the client needs: whose credentials it has, and what would make a
 * login fail. Everything else travels through as it was read.
 */
export const mergeWebSession = (
  raw: Json,
  client: Pick<NewClient, 'clientId' | 'settings'>,
  { name, audience }: AskedWebSession,
): Json => {
  const choices = chooseWebSession(client)
  const { clientId, credentialsType } = choices.clientCredentials.value
  // Neither the former secret nor the key pair of another way to authenticate.
  const { clientSecret, keyPairId, ...credentials } = credentialsOf(raw)
  return {
    ...raw,
    ...(name !== undefined && { name }),
    ...(audience !== undefined && { audience }),
    clientCredentials: { ...credentials, clientId, credentialsType },
    oidcLoginType: choices.oidcLoginType.value,
    ...(asksForTooMuch(raw, client.settings.scopes) && {
      scopes: choices.scopes.value,
      requestProfile: choices.requestProfile.value,
    }),
    ...(client.settings.requirePkce &&
      raw['pkceChallengeType'] !== choices.pkceChallengeType.value && {
        pkceChallengeType: choices.pkceChallengeType.value,
      }),
  }
}

/** Whether PingFederate would refuse a scope that the web session asks for. */
const asksForTooMuch = (raw: Json, allowed: readonly string[] | null): boolean =>
  allowed !== null && scopesOf(raw).some(scope => scope !== impliedScope && !allowed.includes(scope))
