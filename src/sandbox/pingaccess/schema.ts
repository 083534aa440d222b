import { type Static, type TProperties, Type } from 'typebox'

/*
 * What the admin API takes, with the fields of PingAccess 7.3 that a web session and a login through it have to do with.
 * A field that is not here is refused, so that nothing is promised that the engine doesn't keep.
 */

function body<T extends TProperties>(properties: T) {
  // Sent back as it was read, and then not looked at.
  return Type.Object({ id: Type.Optional(Type.Integer()), ...properties }, { additionalProperties: false })
}

const text = Type.Optional(Type.String())
const flag = Type.Optional(Type.Boolean())
const integer = Type.Optional(Type.Integer())
const ids = Type.Array(Type.Integer())

export const WebSession = body({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  audience: Type.String({ minLength: 1, maxLength: 32 }),
  clientCredentials: Type.Object(
    {
      clientId: Type.String({ minLength: 1 }),
      clientSecret: Type.Optional(
        Type.Object({ value: text, encryptedValue: text }, { additionalProperties: false }),
      ),
      keyPairId: integer,
      credentialsType: Type.Optional(Type.Enum(['SECRET', 'CERTIFICATE', 'PRIVATE_KEY_JWT'])),
    },
    { additionalProperties: false },
  ),
  failOnUnsupportedPreservationContentType: Type.Boolean(),
  oidcLoginType: Type.Optional(Type.Enum(['Code', 'POST', 'x_post'])),
  scopes: Type.Optional(Type.Array(Type.String())),
  requestProfile: flag,
  pkceChallengeType: Type.Optional(Type.Enum(['SHA256', 'OFF'])),
  enablePushAuthorization: flag,
  validateSessionIsAlive: flag,
  pfsessionStateCacheInSeconds: integer,
  cookieType: Type.Optional(Type.Enum(['Encrypted', 'Signed'])),
  cookieDomain: text,
  secureCookie: flag,
  httpOnlyCookie: flag,
  sameSite: Type.Optional(Type.Enum(['Disabled', 'Lax', 'None'])),
  idleTimeoutInMinutes: integer,
  sessionTimeoutInMinutes: integer,
  enableRefreshUser: flag,
  refreshUserInfoClaimsInterval: integer,
  cacheUserAttributes: flag,
  sendRequestedUrlToProvider: flag,
  requestPreservationType: Type.Optional(Type.Enum(['None', 'POST', 'All'])),
  webStorageType: Type.Optional(Type.Enum(['SessionStorage', 'LocalStorage'])),
  provideAuthenticationFeedback: flag,
  promptParameter: Type.Optional(Type.Array(Type.String())),
})
export type WebSession = Static<typeof WebSession>

export const Application = body({
  name: Type.String({ minLength: 1 }),
  description: text,
  enabled: flag,
  contextRoot: Type.String({ pattern: '^/' }),
  virtualHostIds: ids,
  webSessionId: integer,
  siteId: Type.Integer(),
  agentId: Type.Integer(),
  sidebandClientId: Type.String(),
  authenticationChallengePolicyId: Type.String(),
  defaultAuthType: Type.Enum(['Web', 'API']),
  applicationType: Type.Optional(Type.Enum(['Web', 'API', 'Dynamic'])),
  destination: Type.Optional(Type.Enum(['Site', 'Agent', 'Sideband'])),
  spaSupportEnabled: Type.Boolean(),
  requireHTTPS: flag,
  caseSensitivePath: flag,
  identityMappingIds: Type.Optional(Type.Record(Type.String(), Type.Integer())),
  deployReservedResources: flag,
})
export type Application = Static<typeof Application>

export const VirtualHost = body({
  host: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  agentResourceCacheTTL: integer,
})
export type VirtualHost = Static<typeof VirtualHost>

export const Site = body({
  name: Type.String({ minLength: 1 }),
  targets: Type.Array(Type.String({ pattern: '^[^:/]+:\\d+$' }), { minItems: 1 }),
})
export type Site = Static<typeof Site>

export const IdentityMapping = body({
  name: Type.String({ minLength: 1 }),
  className: Type.Literal('com.pingidentity.pa.identitymappings.HeaderIdentityMapping'),
  configuration: Type.Object({
    attributeHeaderMappings: Type.Array(
      Type.Object({ subject: Type.Boolean(), attributeName: Type.String(), headerName: Type.String() }),
    ),
    headerClientCertificateMappings: Type.Optional(Type.Array(Type.Unknown())),
  }),
})
export type IdentityMapping = Static<typeof IdentityMapping>

export const CertificateFile = body({
  alias: Type.String({ minLength: 1 }),
  fileData: Type.String({ minLength: 1 }),
})
export type CertificateFile = Static<typeof CertificateFile>

export const TrustedCertificateGroup = body({
  name: Type.String({ minLength: 1 }),
  certIds: Type.Optional(ids),
  useJavaTrustStore: flag,
  // Sent back as they were read, and then not looked at.
  systemGroup: flag,
  ignoreAllCertificateErrors: flag,
})
export type TrustedCertificateGroup = Static<typeof TrustedCertificateGroup>

export const PingFederateRuntime = Type.Object(
  {
    issuer: Type.String({ pattern: '^https?://' }),
    description: text,
    trustedCertificateGroupId: integer,
    skipHostnameVerification: flag,
    useSlo: flag,
  },
  { additionalProperties: false },
)
export type PingFederateRuntime = Static<typeof PingFederateRuntime>

export const ReservedApplication = Type.Object(
  { contextRoot: Type.String({ pattern: '^/[^/]+$' }) },
  { additionalProperties: false },
)
export type ReservedApplication = Static<typeof ReservedApplication>
