import type { Client } from './client.ts'

const oidcPolicy = {
  grantAccessSessionRevocationApi: false,
  grantAccessSessionSessionManagementApi: false,
  logoutMode: 'NONE',
  pingAccessLogoutCapable: false,
  pairwiseIdentifierUserType: false,
} as const

const defaults = {
  enabled: true,
  redirectUris: [] as string[],
  restrictToDefaultAccessTokenManager: false,
  validateUsingAllEligibleAtms: false,
  refreshRolling: 'SERVER_DEFAULT',
  refreshTokenRollingIntervalType: 'SERVER_DEFAULT',
  refreshTokenRollingIntervalTimeUnit: 'HOURS',
  refreshTokenRollingGracePeriodType: 'SERVER_DEFAULT',
  persistentGrantExpirationType: 'SERVER_DEFAULT',
  persistentGrantExpirationTime: 0,
  persistentGrantExpirationTimeUnit: 'DAYS',
  persistentGrantIdleTimeoutType: 'SERVER_DEFAULT',
  persistentGrantIdleTimeout: 0,
  persistentGrantIdleTimeoutTimeUnit: 'DAYS',
  persistentGrantReuseType: 'SERVER_DEFAULT',
  persistentGrantReuseGrantTypes: [],
  allowAuthenticationApiInit: false,
  enableCookielessAuthenticationApi: false,
  bypassApprovalPage: false,
  restrictScopes: false,
  restrictedScopes: [] as string[],
  exclusiveScopes: [] as string[],
  authorizationDetailTypes: [],
  restrictedResponseTypes: [],
  requirePushedAuthorizationRequests: false,
  requireJwtSecuredAuthorizationResponseMode: false,
  requireSignedRequests: false,
  deviceFlowSettingType: 'SERVER_DEFAULT',
  requireProofKeyForCodeExchange: false,
  clientSecretRetentionPeriodType: 'SERVER_DEFAULT',
  requireDpop: false,
  requireOfflineAccessScopeToIssueRefreshTokens: 'SERVER_DEFAULT',
  offlineAccessRequireConsentPrompt: 'SERVER_DEFAULT',
  lockoutMaxMaliciousActionsType: 'SERVER_DEFAULT',
} as const satisfies Partial<Client>

const ciba = {
  cibaDeliveryMode: 'POLL',
  cibaPollingInterval: 3,
  cibaRequireSignedRequests: false,
  cibaUserCodeSupported: false,
} as const satisfies Partial<Client>

/** A client with every field that PingFederate fills in when it isn't sent, and without those of CIBA unless it may use CIBA. */
export function withDefaults(client: Client) {
  return {
    ...defaults,
    ...(client.grantTypes?.includes('CIBA') ? { ...ciba, ...client } : withoutCiba(client)),
    oidcPolicy: { ...oidcPolicy, ...client.oidcPolicy },
    clientAuth: { type: 'NONE' as const, ...client.clientAuth },
  }
}

function withoutCiba(client: Client): Client {
  const {
    cibaDeliveryMode,
    cibaNotificationEndpoint,
    cibaPollingInterval,
    cibaRequireSignedRequests,
    cibaRequestObjectSigningAlgorithm,
    cibaUserCodeSupported,
    ...others
  } = client
  return others
}

/** A client as PingFederate keeps it. */
export type CompleteClient = ReturnType<typeof withDefaults>
