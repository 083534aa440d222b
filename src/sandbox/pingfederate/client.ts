import Type from 'typebox'

/*
 * The wire form of a client: every field of Ping's description of 12.1, and those that came after it. Anything else is
 * refused, and so is a field that the version in play doesn't have yet (`client-versions.ts`), so that none slips into
 * what we send.
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
/** None is `{}`. PingFederate adds the location itself, and callers send it back with everything else they have read. */
const link = Type.Optional(Type.Object({ id: optionalString, location: optionalString }, closed))

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
const requestSigning = Type.Optional(Type.Enum([...asymmetric]))
const responseSigning = Type.Optional(Type.Enum([...symmetric, ...asymmetric]))
const tokenSigning = Type.Optional(Type.Enum(['NONE', ...symmetric, ...asymmetric]))
const keyEncryption = Type.Optional(
  Type.Enum([
    'DIR',
    'A128KW',
    'A192KW',
    'A256KW',
    'A128GCMKW',
    'A192GCMKW',
    'A256GCMKW',
    'ECDH_ES',
    'ECDH_ES_A128KW',
    'ECDH_ES_A192KW',
    'ECDH_ES_A256KW',
    'RSA_OAEP',
    'RSA_OAEP_256',
  ]),
)
const contentEncryption = Type.Optional(
  Type.Enum([
    'AES_128_CBC_HMAC_SHA_256',
    'AES_192_CBC_HMAC_SHA_384',
    'AES_256_CBC_HMAC_SHA_512',
    'AES_128_GCM',
    'AES_192_GCM',
    'AES_256_GCM',
  ]),
)

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
    tokenEndpointAuthSigningAlgorithm: responseSigning,
  },
  closed,
)

const OidcPolicy = Type.Object(
  {
    idTokenSigningAlgorithm: tokenSigning,
    idTokenEncryptionAlgorithm: keyEncryption,
    idTokenContentEncryptionAlgorithm: contentEncryption,
    userInfoResponseSigningAlgorithm: tokenSigning,
    userInfoResponseEncryptionAlgorithm: keyEncryption,
    userInfoResponseContentEncryptionAlgorithm: contentEncryption,
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

/** Body of `/oauth/clients` and `/oauth/clients/{id}`, with the fields of every version. */
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
    requestObjectSigningAlgorithm: requestSigning,
    oidcPolicy: Type.Optional(OidcPolicy),
    clientAuth: Type.Optional(ClientAuth),
    jwksSettings: Type.Optional(Type.Object({ jwksUrl: optionalString, jwks: optionalString }, closed)),
    extendedParameters: Type.Optional(
      Type.Record(Type.String(), Type.Object({ values: optionalStrings }, closed)),
    ),
    deviceFlowSettingType: serverDefault,
    userAuthorizationUrlOverride: optionalString,
    pendingAuthorizationTimeoutOverride: optionalInteger,
    devicePollingIntervalOverride: optionalInteger,
    bypassActivationCodeConfirmationOverride: optionalBoolean,
    requireProofKeyForCodeExchange: optionalBoolean,
    cibaDeliveryMode: Type.Optional(Type.Enum(['POLL', 'PING'])),
    cibaNotificationEndpoint: optionalString,
    cibaPollingInterval: optionalInteger,
    cibaRequireSignedRequests: optionalBoolean,
    cibaRequestObjectSigningAlgorithm: requestSigning,
    cibaUserCodeSupported: optionalBoolean,
    requestPolicyRef: link,
    tokenExchangeProcessorPolicyRef: link,
    clientSecretRetentionPeriodType: serverDefault,
    clientSecretRetentionPeriod: optionalInteger,
    clientSecretChangedTime: optionalString,
    tokenIntrospectionSigningAlgorithm: responseSigning,
    tokenIntrospectionEncryptionAlgorithm: keyEncryption,
    tokenIntrospectionContentEncryptionAlgorithm: contentEncryption,
    jwtSecuredAuthorizationResponseModeSigningAlgorithm: responseSigning,
    jwtSecuredAuthorizationResponseModeEncryptionAlgorithm: keyEncryption,
    jwtSecuredAuthorizationResponseModeContentEncryptionAlgorithm: contentEncryption,
    requireDpop: optionalBoolean,
    requireOfflineAccessScopeToIssueRefreshTokens: yesNo,
    offlineAccessRequireConsentPrompt: yesNo,
    lockoutMaxMaliciousActionsType: Type.Optional(
      Type.Enum(['DO_NOT_LOCKOUT', 'SERVER_DEFAULT', 'OVERRIDE_SERVER_DEFAULT']),
    ),
    lockoutMaxMaliciousActions: optionalInteger,
  },
  closed,
)
export type Client = Type.Static<typeof Client>

/** Body of `/extendedProperties`: the names that `extendedParameters` of clients and connections are meant to have. */
export const ExtendedProperties = Type.Object(
  {
    items: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.Optional(Type.String()),
            description: Type.Optional(Type.String()),
            multiValued: Type.Optional(Type.Boolean()),
          },
          closed,
        ),
      ),
    ),
  },
  closed,
)
export type ExtendedProperties = Type.Static<typeof ExtendedProperties>
