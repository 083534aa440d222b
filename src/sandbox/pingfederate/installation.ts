import type { ClientStore } from './client-store.ts'
import type { SecretCipher } from './encrypted-secret.ts'

/** What an administrator has set up once, and where versions of PingFederate differ; tests change it at will. */
export interface Settings {
  /** Also decides which fields a client has. */
  version: string
  /** Added to every answer. */
  latencyMs: number
  /** Cluster only: a saved client reaches the engines at once. */
  replicateClientsOnSave: boolean
  /** Minutes that an old secret stays valid; PingFederate's own default makes every rotation an outage. */
  clientSecretRetentionPeriod: number
  /** What a PUT without `secondarySecrets` does to them isn't documented, so a caller has to live with both. */
  omittedSecondarySecrets: 'dropped' | 'kept'
  /** What becomes of a link's read-only `location` that comes back in a PUT: some versions answer 400. */
  sentLocations: 'ignored' | 'refused'
  /** `openid` may be missing, and every client may have it all the same. Scopes that are added later can be given to clients, but the issuer doesn't know them. */
  scopes: string[]
  accessTokenManagers: string[]
  defaultAccessTokenManager: string | undefined
  oidcPolicies: string[]
  defaultOidcPolicy: string | undefined
  trackUserSessionsForLogout: boolean
}

/** A PingFederate with everything that its admin API works on. */
export interface Installation {
  readonly settings: Settings
  readonly store: ClientStore
  readonly cipher: SecretCipher
  readonly reservedClientIds: ReadonlySet<string>
  readonly now: () => Date
}

/** An installation in which logins work. */
export function createSettings(): Settings {
  return {
    version: '12.1.0.4',
    latencyMs: 0,
    replicateClientsOnSave: false,
    clientSecretRetentionPeriod: 0,
    omittedSecondarySecrets: 'dropped',
    sentLocations: 'ignored',
    scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
    accessTokenManagers: ['default', 'jwt'],
    defaultAccessTokenManager: 'default',
    oidcPolicies: ['default'],
    defaultOidcPolicy: 'default',
    trackUserSessionsForLogout: true,
  }
}
