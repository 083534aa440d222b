import type { RequestListener } from 'node:http'
import { type AdminApi, createAdminApi } from './admin-api.ts'
import type { AdminAccess } from './authenticate.ts'
import { createClientStore } from './client-store.ts'
import { inVersion } from './client-versions.ts'
import type { CompleteClient } from './defaults.ts'
import { createSecretCipher } from './encrypted-secret.ts'
import type { Faults } from './faults.ts'
import type { Installation } from './installation.ts'
import { acceptsSecret } from './secrets.ts'
import { createSettings, type Settings } from './settings.ts'
import type { StoredClient } from './stored-client.ts'

/** PingFederate as a test sees it from inside the process. */
export interface PingFederate {
  /** The clients as saved, without secrets. */
  readonly clients: () => readonly CompleteClient[]
  readonly faults: Faults
  readonly onExchange: AdminApi['onExchange']
  /** What an administrator could have set up otherwise; changes count from the next request on. */
  readonly settings: Settings
}

/** PingFederate's runtime nodes: what a login or a token request needs to know. */
export interface Engine {
  readonly findClient: (clientId: string) => StoredClient | undefined
  readonly acceptsSecret: (stored: StoredClient, candidate: string) => boolean
  /** What a login with this client lacks in the installation, if anything. */
  readonly findObstacle: (stored: StoredClient) => string | undefined
  /** Whether the client's policy tells PingAccess this attribute of a person. */
  readonly hasAttribute: (stored: StoredClient, name: string) => boolean
  /** Whether PingAccess is told when a person logs out who has logged in through this client. */
  readonly wantsLogout: (stored: StoredClient) => boolean
  readonly scopes: readonly string[]
}

/** How a stand-in is to be set up. */
export interface PingFederateOptions extends AdminAccess {
  readonly clustered: boolean
  /** Ids that no client may take, because the issuer uses them itself. */
  readonly reservedClientIds: Iterable<string>
  readonly now: () => Date
}

/** Creates a PingFederate without clients. */
export function createPingFederate({ clustered, reservedClientIds, now, ...access }: PingFederateOptions): {
  readonly listener: RequestListener
  readonly stop: () => void
  /** In a cluster two, otherwise one. */
  readonly engines: readonly [Engine, ...Engine[]]
  readonly pingFederate: PingFederate
} {
  const settings = createSettings()
  const store = createClientStore({ clustered, settings, now })
  const cipher = createSecretCipher()
  const installation: Installation = {
    settings,
    store,
    cipher,
    reservedClientIds: new Set(reservedClientIds),
    now,
  }
  const { listener, stop, faults, onExchange } = createAdminApi(installation, access)
  const toEngine = (engine: 0 | 1): Engine => ({
    findClient: clientId => store.getPublished(clientId, engine),
    acceptsSecret: (stored, candidate) => acceptsSecret(stored, candidate, now()),
    findObstacle: stored => findObstacle(stored, settings),
    hasAttribute: (stored, name) => hasAttribute(stored, name, settings),
    wantsLogout: ({ client }) => settings.trackUserSessionsForLogout && isTold(client.oidcPolicy),
    scopes: settings.scopes,
  })
  return {
    listener,
    stop,
    engines: clustered ? [toEngine(0), toEngine(1)] : [toEngine(0)],
    pingFederate: {
      clients: () =>
        structuredClone([...store.list()].map(({ client }) => inVersion(client, settings.version))),
      faults,
      onExchange,
      settings,
    },
  }
}

/** PingFederate accepts a client that lacks these and fails at its first login. */
function findObstacle({ client }: StoredClient, settings: Settings): string | undefined {
  if ((client.defaultAccessTokenManagerRef?.id ?? settings.defaultAccessTokenManager) === undefined) {
    return 'no default access token manager'
  }
  if ((client.oidcPolicy.policyGroup?.id ?? settings.defaultOidcPolicy) === undefined) {
    return 'no default OpenID Connect policy'
  }
  return undefined
}

function hasAttribute({ client }: StoredClient, name: string, settings: Settings): boolean {
  const policy = client.oidcPolicy.policyGroup?.id ?? settings.defaultOidcPolicy ?? ''
  return settings.policyAttributes[policy]?.includes(name) ?? true
}

/** `logoutMode` is the newer of the two, and decides where there is one. */
function isTold({ logoutMode, pingAccessLogoutCapable }: CompleteClient['oidcPolicy']): boolean {
  return logoutMode === undefined ? pingAccessLogoutCapable === true : logoutMode === 'PING_FRONT_CHANNEL'
}
