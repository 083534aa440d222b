import Type from 'typebox'

/*
 * The wire form of a client in PingFederate 12.1 as far as the stand-in understands it. Anything else is refused,
 * so that a field which only newer versions know doesn't slip into what we send.
 */

const closed = { additionalProperties: false } as const
const optionalString = Type.Optional(Type.String())
const optionalInteger = Type.Optional(Type.Integer())
const optionalBoolean = Type.Optional(Type.Boolean())
const optionalStrings = Type.Optional(Type.Array(Type.String()))
const optionalStringSet = Type.Optional(Type.Array(Type.String(), { uniqueItems: true }))
const serverDefault = Type.Optional(Type.Enum(['SERVER_DEFAULT', 'OVERRIDE_SERVER_DEFAULT']))
const expiration = Type.Optional(
  Type.Enum(['INDEFINITE_EXPIRY', 'SERVER_DEFAULT', 'OVERRIDE_SERVER_DEFAULT']),
)
const timeUnit = Type.Optional(Type.Enum(['MINUTES', 'DAYS', 'HOURS']))
const yesNo = Type.Optional(Type.Enum(['SERVER_DEFAULT', 'NO', 'YES']))
const link = Type.Optional(Type.Object({ id: Type.String() }, closed))

const grantType = Type.Enum([
  'IMPLICIT',
  'AUTHORIZATION_CODE',
  'RESOURCE_OWNER_CREDENTIALS',
  'CLIENT_CREDENTIALS',
  'REFRESH_TOKEN',
  'EXTENSION',
  'DEVICE_CODE',
  'ACCESS_TOKEN_VALIDATION',
  'CIBA',
  'TOKEN_EXCHANGE',
])

const asymmetric = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'] as const
const symmetric = ['HS256', 'HS384', 'HS512'] as const

const SecondarySecret = Type.Object(
  { secret: optionalString, encryptedSecret: optionalString, expiryTime: optionalString },
  closed,
)

/** Body of `…/clientAuth/clientSecret`. */
export const ClientSecret = Type.Object(
  {
    secret: optionalString,
    encryptedSecret: optionalString,
    secondarySecrets: Type.Optional(Type.Array(SecondarySecret)),
  },
  closed,
)
export type ClientSecret = Type.Static<typeof ClientSecret>

const ClientAuth = Type.Object(
  {
    type: Type.Optional(Type.Enum(['NONE', 'SECRET', 'CERTIFICATE', 'PRIVATE_KEY_JWT', 'CLIENT_SECRET_JWT'])),
    ...ClientSecret.properties,
    clientCertIssuerDn: optionalString,
    clientCertSubjectDn: optionalString,
    enforceReplayPrevention: optionalBoolean,
    tokenEndpointAuthSigningAlgorithm: Type.Optional(Type.Enum([...asymmetric, ...symmetric])),
  },
  closed,
)

const OidcPolicy = Type.Object(
  {
    idTokenSigningAlgorithm: Type.Optional(Type.Enum(['NONE', ...symmetric, ...asymmetric])),
    policyGroup: link,
    grantAccessSessionRevocationApi: optionalBoolean,
    grantAccessSessionSessionManagementApi: optionalBoolean,
    logoutMode: Type.Optional(
      Type.Enum(['NONE', 'OIDC_FRONT_CHANNEL', 'OIDC_BACK_CHANNEL', 'PING_FRONT_CHANNEL']),
    ),
    pingAccessLogoutCapable: optionalBoolean,
    logoutUris: optionalStrings,
    backChannelLogoutUri: optionalString,
    postLogoutRedirectUris: optionalStrings,
    pairwiseIdentifierUserType: optionalBoolean,
    sectorIdentifierUri: optionalString,
  },
  closed,
)

/** Body of `/oauth/clients` and `/oauth/clients/{id}`. */
export const Client = Type.Object(
  {
    clientId: Type.String(),
    enabled: optionalBoolean,
    redirectUris: optionalStrings,
    grantTypes: Type.Array(grantType, { uniqueItems: true }),
    name: Type.String(),
    description: optionalString,
    modificationDate: optionalString,
    creationDate: optionalString,
    replicationStatus: Type.Optional(Type.Enum(['REPLICATED', 'NOT_REPLICATED'])),
    logoUrl: optionalString,
    defaultAccessTokenManagerRef: link,
    restrictToDefaultAccessTokenManager: optionalBoolean,
    validateUsingAllEligibleAtms: optionalBoolean,
    refreshRolling: Type.Optional(Type.Enum(['SERVER_DEFAULT', 'DONT_ROLL', 'ROLL'])),
    refreshTokenRollingIntervalType: serverDefault,
    refreshTokenRollingInterval: optionalInteger,
    refreshTokenRollingIntervalTimeUnit: Type.Optional(Type.Enum(['SECONDS', 'MINUTES', 'HOURS'])),
    refreshTokenRollingGracePeriodType: serverDefault,
    refreshTokenRollingGracePeriod: optionalInteger,
    persistentGrantExpirationType: expiration,
    persistentGrantExpirationTime: optionalInteger,
    persistentGrantExpirationTimeUnit: timeUnit,
    persistentGrantIdleTimeoutType: expiration,
    persistentGrantIdleTimeout: optionalInteger,
    persistentGrantIdleTimeoutTimeUnit: timeUnit,
    persistentGrantReuseType: serverDefault,
    persistentGrantReuseGrantTypes: Type.Optional(Type.Array(grantType, { uniqueItems: true })),
    allowAuthenticationApiInit: optionalBoolean,
    enableCookielessAuthenticationApi: optionalBoolean,
    bypassApprovalPage: optionalBoolean,
    restrictScopes: optionalBoolean,
    restrictedScopes: optionalStringSet,
    exclusiveScopes: optionalStringSet,
    authorizationDetailTypes: optionalStringSet,
    restrictedResponseTypes: optionalStringSet,
    requirePushedAuthorizationRequests: optionalBoolean,
    requireJwtSecuredAuthorizationResponseMode: optionalBoolean,
    requireSignedRequests: optionalBoolean,
    oidcPolicy: Type.Optional(OidcPolicy),
    clientAuth: Type.Optional(ClientAuth),
    jwksSettings: Type.Optional(Type.Object({ jwksUrl: optionalString, jwks: optionalString }, closed)),
    extendedParameters: Type.Optional(
      Type.Record(Type.String(), Type.Object({ values: optionalStrings }, closed)),
    ),
    deviceFlowSettingType: serverDefault,
    requireProofKeyForCodeExchange: optionalBoolean,
    cibaDeliveryMode: Type.Optional(Type.Enum(['POLL', 'PING'])),
    cibaPollingInterval: optionalInteger,
    cibaRequireSignedRequests: optionalBoolean,
    cibaUserCodeSupported: optionalBoolean,
    requestPolicyRef: link,
    tokenExchangeProcessorPolicyRef: link,
    clientSecretRetentionPeriodType: serverDefault,
    clientSecretRetentionPeriod: optionalInteger,
    clientSecretChangedTime: optionalString,
    requireDpop: optionalBoolean,
    requireOfflineAccessScopeToIssueRefreshTokens: yesNo,
    offlineAccessRequireConsentPrompt: yesNo,
  },
  closed,
)
export type Client = Type.Static<typeof Client>
