import type { ExtendedProperties } from './client.ts'

/** What the console says of an engine: it is told, fetches, applies, and has either succeeded or failed. */
export type ReplicationStatus = 'OUT_OF_DATE' | 'RETRIEVING' | 'APPLYING' | 'SUCCEEDED' | 'FAILED'

/** How an engine takes what is replicated; a change counts from the next request on, also for what is on its way. */
export interface EnginePace {
  /**
   * How long it stays OUT_OF_DATE, RETRIEVING and APPLYING each, by the installation's clock, in milliseconds. With 0
   * it is at its end at once.
   */
  stepMs: number
  /** Where it ends. It has the clients only with SUCCEEDED, and with one of the first three it hangs there. */
  ends: ReplicationStatus
}

/** PingFederate's Account Lockout Protection for accounts with a password; off here unless a test turns it on. */
interface LockoutSettings {
  isOn: boolean
  /** Wrong passwords in a row that lock the account. */
  maxFailures: number
  lockedMs: number
  /** Whether a try while the account is locked starts the time again isn't documented, so a caller has to live with both. */
  isProlongedByTries: boolean
}

/** What an administrator has set up once, and where versions of PingFederate differ; tests change it at will. */
export interface Settings {
  /** Also decides which fields a client has. */
  version: string
  /** Added to every answer. */
  latencyMs: number
  /** Cluster only: a saved client reaches the engines at once. */
  replicateClientsOnSave: boolean
  /**
   * Cluster only, with `replicateClientsOnSave`: access token managers and policies that are saved and not replicated.
   * A client that refers to one is NOT_REPLICATED by its save; replicating everything empties the list.
   */
  unreplicatedReferences: string[]
  /** Cluster only: the two engines. Logins arrive at the first one, unless they are sent to the other. */
  readonly engines: readonly [EnginePace, EnginePace]
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
  /** Attributes that a policy's contract has beside `sub`; all that the issuer knows, unless it stands here. */
  readonly policyAttributes: Record<string, readonly string[]>
  /** Whether a client's `extendedParameters` have to have these names isn't documented, so any are taken. */
  extendedProperties: NonNullable<ExtendedProperties['items']>
  trackUserSessionsForLogout: boolean
  readonly lockout: LockoutSettings
}

/** An installation in which logins work. */
export function createSettings(): Settings {
  return {
    version: '12.1.0.4',
    latencyMs: 0,
    replicateClientsOnSave: false,
    unreplicatedReferences: [],
    engines: [
      { stepMs: 0, ends: 'SUCCEEDED' },
      { stepMs: 0, ends: 'SUCCEEDED' },
    ],
    clientSecretRetentionPeriod: 0,
    omittedSecondarySecrets: 'dropped',
    sentLocations: 'ignored',
    scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
    accessTokenManagers: ['default', 'jwt'],
    defaultAccessTokenManager: 'default',
    oidcPolicies: ['default'],
    defaultOidcPolicy: 'default',
    policyAttributes: {},
    extendedProperties: [],
    trackUserSessionsForLogout: true,
    // PingFederate's own defaults, but that there it is on.
    lockout: { isOn: false, maxFailures: 3, lockedMs: 60_000, isProlongedByTries: false },
  }
}
