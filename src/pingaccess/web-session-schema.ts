import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false }

/** PingAccess's `WebSessionCookieType`. */
export const cookieTypes = ['Encrypted', 'Signed'] as const
/** PingAccess's `SameSiteType`. */
export const sameSites = ['Lax', 'None', 'Disabled'] as const

/** What a web session of this service says, in PingAccess's words (7.3); the secret is put in by whoever has it. */
export const WebSession = Type.Object(
  {
    name: Type.String({ description: '*Name*, at most 64 characters.', examples: ['pa_wam'] }),
    audience: Type.String({
      description:
        '*Audience*: whom PingAccess’s tokens are for, 1 to 32 characters, another for each web session.',
      examples: ['pa_wam'],
    }),
    oidcLoginType: Type.Literal('Code', { description: '*OpenID Connect Login Type*.' }),
    clientCredentials: Type.Object(
      {
        clientId: Type.String({ description: '*Client ID*.', examples: ['pa_wam'] }),
        clientSecret: Type.Object(
          {
            value: Type.Null({
              description:
                '*Client Secret*: put in the secret that `POST /secret-retrievals` hands out. PingAccess does not take null for it, so that nothing is saved without one.',
            }),
          },
          { ...closed, description: 'A value that PingAccess keeps and does not show again.' },
        ),
        credentialsType: Type.Literal('SECRET', { description: '*Client Credentials Type*.' }),
      },
      { ...closed, description: 'As whom PingAccess exchanges codes for tokens.' },
    ),
    scopes: Type.Array(Type.String(), {
      description: '*Scopes* that a login asks for beside `openid`, which PingAccess adds.',
      examples: [['profile', 'email']],
    }),
    requestProfile: Type.Boolean({
      description: '*Request Profile*: whether all four scopes are asked for that PingAccess has by itself.',
    }),
    pkceChallengeType: Type.Literal('SHA256', {
      description: 'How a login proves that it is the one that began (PKCE, RFC 7636).',
    }),
    enablePushAuthorization: Type.Boolean({
      description: 'Whether the authorization request is pushed to PingFederate (RFC 9126).',
    }),
    validateSessionIsAlive: Type.Boolean({
      description: '*Validate Session*: whether PingAccess asks PingFederate if the session was revoked.',
    }),
    pfsessionStateCacheInSeconds: Type.Integer({
      description: 'For how long an answer to that is good, in seconds.',
    }),
    cookieType: Type.Enum(cookieTypes, {
      description: '*Cookie Type*: an encrypted JWT, or one that is only signed.',
    }),
    secureCookie: Type.Boolean({ description: '*Secure Cookie*: whether it is sent over HTTPS only.' }),
    httpOnlyCookie: Type.Boolean({
      description: '*HTTP-Only Cookie*: whether it is kept from scripts of the page.',
    }),
    sameSite: Type.Enum(sameSites, {
      description: '*SameSite Cookie*: whether other sites’ requests bring it.',
    }),
    idleTimeoutInMinutes: Type.Integer({
      description: '*Idle Timeout*: when a session ends that nobody uses, in minutes.',
    }),
    sessionTimeoutInMinutes: Type.Integer({
      description: '*Max Timeout*: when a session ends in any case, in minutes.',
    }),
    enableRefreshUser: Type.Boolean({
      description: 'Whether a person’s attributes are read from PingFederate again.',
    }),
    refreshUserInfoClaimsInterval: Type.Integer({
      description: 'How old they may be, in seconds.',
    }),
    cacheUserAttributes: Type.Boolean({
      description: 'Whether PingAccess keeps them itself, or in the cookie.',
    }),
    sendRequestedUrlToProvider: Type.Boolean({
      description: 'Whether PingFederate is told what was asked for.',
    }),
    requestPreservationType: Type.Literal('POST', {
      description: '*Request Preservation*: which data is kept over a login.',
    }),
    webStorageType: Type.Literal('SessionStorage', {
      description: '*Web Storage Type*: where the browser keeps it meanwhile.',
    }),
    failOnUnsupportedPreservationContentType: Type.Boolean({
      description: 'Whether data that cannot be kept is answered 415 in place of a login.',
    }),
  },
  {
    ...closed,
    description:
      'The body of PingAccess’s `POST /pa-admin-api/v3/webSessions` (7.3), once the secret is put in. The names in italics are those of its console.',
  },
)
export type WebSession = Static<typeof WebSession>
