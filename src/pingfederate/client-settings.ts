import type { CallbackUnder } from '../ping-access-urls/callback.ts'

/** Grant types (RFC 7591 section 2) that a web session client can have. */
export const grantTypes = ['authorization_code', 'refresh_token'] as const

/** Whether PingFederate's single logout ends the PingAccess session too. */
export const logoutModes = ['none', 'pingaccess'] as const

/** What a web session client is set to, in OAuth's words; the rest of this folder turns them into PingFederate's. */
export type ClientSettings = {
  /** Whether anybody can log in through it. */
  enabled: boolean
  description: string | null
  pingAccessUrls: string[]
  callbackUnder: CallbackUnder
  redirectUris: string[]
  /** Those among them that are no callbacks of PingAccess; only an adopted client has any. */
  otherRedirectUris: string[]
  grantTypes: (typeof grantTypes)[number][]
  bypassAuthorizationApproval: boolean
  scopes: string[] | null
  requirePkce: boolean
  logout: (typeof logoutModes)[number]
  refreshTokens: boolean
  oidcPolicy: string | null
  accessTokenManager: string | null
}

export type NewClient = { clientId: string; name: string; team: string; settings: ClientSettings }
