import { isAtLeast } from './version.ts'

/** The version that brought a field, for the fields that came with 11.3 or later. */
const since: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  'oidcPolicy.logoutMode': [11, 3],
  replicationStatus: [12, 0],
  'oidcPolicy.postLogoutRedirectUris': [12, 0],
  enableCookielessAuthenticationApi: [12, 1],
  refreshTokenRollingIntervalTimeUnit: [12, 1],
  requireOfflineAccessScopeToIssueRefreshTokens: [12, 1],
  offlineAccessRequireConsentPrompt: [12, 1],
  lockoutMaxMaliciousActionsType: [12, 2],
  lockoutMaxMaliciousActions: [12, 2],
  'oidcPolicy.userInfoResponseSigningAlgorithm': [12, 2],
  'oidcPolicy.userInfoResponseEncryptionAlgorithm': [12, 2],
  'oidcPolicy.userInfoResponseContentEncryptionAlgorithm': [12, 2],
}

/** A field that this version doesn't have yet, if the client has one. */
export function findTooNew(client: object, version: string): string | undefined {
  return findPaths(client).find(path => isTooNew(path, version))
}

/** The client as this version answers it, without the fields that it doesn't have yet. */
export function inVersion<T extends object>(client: T, version: string, parent = ''): T {
  const known = Object.entries(client)
    .filter(([name]) => !isTooNew(parent + name, version))
    .map(([name, value]) => [
      name,
      name === 'oidcPolicy' ? inVersion(asObject(value), version, 'oidcPolicy.') : value,
    ])
  return Object.fromEntries(known)
}

function isTooNew(path: string, version: string): boolean {
  const [major, minor] = since[path] ?? [0, 0]
  return !isAtLeast(version, major, minor)
}

function findPaths(client: object): string[] {
  const oidcPolicy = 'oidcPolicy' in client ? asObject(client.oidcPolicy) : {}
  return [...Object.keys(client), ...Object.keys(oidcPolicy).map(name => `oidcPolicy.${name}`)]
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
