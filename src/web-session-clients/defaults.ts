import type { CreateWebSessionClient } from './schema.ts'

/** What a web session client is set to, in OAuth's words; PingFederate's are in src/pingfederate. */
export type ClientSettings = {
  description: string | null
  pingAccessUrls: string[]
  redirectUris: string[]
  grantTypes: ('authorization_code' | 'refresh_token')[]
  bypassAuthorizationApproval: boolean
  scopes: string[] | null
  requirePkce: boolean
  logout: 'none' | 'pingaccess'
  refreshTokens: boolean
  oidcPolicy: string | null
  accessTokenManager: string | null
}

export type NewClient = { clientId: string; name: string; team: string; settings: ClientSettings }

/**
 * The PingAccess defaults: what the manual's "Creating a web session client" sets (authorization code, approval
 * page bypassed), and everything the manual does not mention left off. This is their only home.
 */
const manual = {
  grantTypes: ['authorization_code'],
  bypassAuthorizationApproval: true,
} as const

const off = {
  description: null,
  scopes: null,
  requirePkce: false,
  logout: 'none',
  refreshTokens: false,
  oidcPolicy: null,
  accessTokenManager: null,
} as const

/** Every web session asks for this scope (OpenID Connect Core section 3.1.2.1), so a restricted client needs it too. */
const alwaysNeededScope = 'openid'

/** Completes a request by the PingAccess defaults; `derived` are its normalised URLs and redirect URIs. */
export const applyDefaults = (
  request: CreateWebSessionClient,
  team: string,
  derived: readonly { pingAccessUrl: string; redirectUri: string }[],
): NewClient => ({
  clientId: request.clientId,
  name: request.name ?? request.clientId,
  team,
  settings: {
    description: request.description ?? off.description,
    pingAccessUrls: derived.map(({ pingAccessUrl }) => pingAccessUrl),
    redirectUris: derived.map(({ redirectUri }) => redirectUri),
    grantTypes: [...manual.grantTypes, ...(request.refreshTokens ? (['refresh_token'] as const) : [])],
    bypassAuthorizationApproval: manual.bypassAuthorizationApproval,
    scopes: request.scopes ? [...new Set([alwaysNeededScope, ...request.scopes])] : off.scopes,
    requirePkce: request.requirePkce ?? off.requirePkce,
    logout: request.logout ?? off.logout,
    refreshTokens: request.refreshTokens ?? off.refreshTokens,
    oidcPolicy: request.oidcPolicy ?? off.oidcPolicy,
    accessTokenManager: request.accessTokenManager ?? off.accessTokenManager,
  },
})
