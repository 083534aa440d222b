import { createHash } from 'node:crypto'
import type { NewClient } from '../pingfederate/client-settings.ts'
import type { WebSession } from './web-session-schema.ts'

/**
 * Where a value comes from.
 * - `client`: the client decides, and any other value can make logins fail
 * - `configuration`: this service as it is installed
 * - `ping_profile`: Ping's own server profile; the installation may choose another
 */
export const webSessionSources = ['client', 'configuration', 'ping_profile'] as const

/** What an installation gives new web sessions; Ping's own profile where it says nothing. */
export type WebSessionDefaults = Readonly<{
  cookieType?: WebSession['cookieType'] | undefined
  sameSite?: WebSession['sameSite'] | undefined
  /** In minutes. */
  idleTimeoutInMinutes?: number | undefined
  /** In minutes. */
  sessionTimeoutInMinutes?: number | undefined
}>

type Sourced<T> = { value: T; source: (typeof webSessionSources)[number]; reason: string }

/** Every field of a web session, with its source and why in a sentence. */
type WebSessionChoices = { [Name in keyof WebSession]: Sourced<WebSession[Name]> }

const byClient = <T>(value: T, reason: string): Sourced<T> => ({ value, source: 'client', reason })

const byProfile = <T>(value: T): Sourced<T> => ({
  value,
  source: 'ping_profile',
  reason:
    'As in the web session of Ping’s server profile for PingAccess (pingidentity-server-profiles, baseline).',
})

/** @param variable that sets it */
const byDefault = <T>(variable: string, configured: T | undefined, profile: T): Sourced<T> =>
  configured === undefined
    ? byProfile(profile)
    : { value: configured, source: 'configuration', reason: `${variable} of this installation.` }

/** The scopes that PingAccess asks for where a web session names none. */
export const scopesOfPingAccess = ['address', 'email', 'phone', 'profile']

/** PingAccess adds it to every login (OpenID Connect Core section 3.1.2.1). */
export const impliedScope = 'openid'

/** The web session that fits a client. */
export const chooseWebSession = (
  { clientId, settings }: Pick<NewClient, 'clientId' | 'settings'>,
  defaults: WebSessionDefaults = {},
) => {
  const scopes = settings.scopes?.filter(scope => scope !== impliedScope) ?? scopesOfPingAccess
  return {
    name: byClient(clientId, 'The client id, so that it is found by that; any other name will do.'),
    audience: byClient(toAudience(clientId), toAudienceReason(clientId)),
    oidcLoginType: byClient('Code', 'The client has the grant authorization code and no other for a login.'),
    clientCredentials: byClient(
      { clientId, clientSecret: { value: null }, credentialsType: 'SECRET' },
      'The client authenticates with its secret.',
    ),
    scopes: byClient(scopes, toScopesReason(settings.scopes)),
    requestProfile: byClient(
      scopesOfPingAccess.every(scope => scopes.includes(scope)),
      `True only where all of ${scopesOfPingAccess.join(', ')} are asked for.`,
    ),
    pkceChallengeType: byClient(
      'SHA256',
      settings.requirePkce
        ? 'The client requires PKCE.'
        : 'The client does not require PKCE, and takes it; a code that is stolen is worth nothing then.',
    ),
    enablePushAuthorization: byClient(
      false,
      'No client of this service is required to push its requests; where an administrator has set that in PingFederate, it has to be true.',
    ),
    validateSessionIsAlive: byClient(
      false,
      'No client of this service is granted the session revocation API; where an administrator has granted it in PingFederate, it may be true.',
    ),
    ...byInstallation(defaults),
  } satisfies WebSessionChoices
}

const byInstallation = (defaults: WebSessionDefaults) => ({
  pfsessionStateCacheInSeconds: byProfile(60),
  cookieType: byDefault<WebSession['cookieType']>(
    'WEB_SESSION_COOKIE_TYPE',
    defaults.cookieType,
    'Encrypted',
  ),
  secureCookie: byProfile(true),
  httpOnlyCookie: byProfile(true),
  sameSite: byDefault<WebSession['sameSite']>('WEB_SESSION_SAME_SITE', defaults.sameSite, 'Lax'),
  idleTimeoutInMinutes: byDefault('WEB_SESSION_IDLE_TIMEOUT_MINUTES', defaults.idleTimeoutInMinutes, 60),
  sessionTimeoutInMinutes: byDefault(
    'WEB_SESSION_MAX_TIMEOUT_MINUTES',
    defaults.sessionTimeoutInMinutes,
    240,
  ),
  enableRefreshUser: byProfile(true),
  refreshUserInfoClaimsInterval: byProfile(60),
  cacheUserAttributes: byProfile(false),
  sendRequestedUrlToProvider: byProfile(true),
  requestPreservationType: byProfile('POST' as const),
  webStorageType: byProfile('SessionStorage' as const),
  failOnUnsupportedPreservationContentType: byProfile(false),
})

const toScopesReason = (scopes: readonly string[] | null): string =>
  scopes === null
    ? 'The client is not restricted, so these are the scopes that PingAccess asks for by itself; others will do.'
    : 'The client is restricted to these and openid, which PingAccess adds: PingFederate refuses any other.'

/** PingAccess takes 1 to 32 characters. */
const maxAudienceLength = 32
/** Of a hash in hexadecimal; two of a thousand client ids that begin alike share one with a probability of about one in ten thousand. */
const hashLength = 8

/** A client id that is too long is cut, and told from others that begin like it by its hash. */
const toAudience = (clientId: string): string => {
  if (clientId.length <= maxAudienceLength) return clientId
  const hash = createHash('sha256').update(clientId).digest('hex').slice(0, hashLength)
  return `${clientId.slice(0, maxAudienceLength - hashLength - 1)}-${hash}`
}

const toAudienceReason = (clientId: string): string =>
  clientId.length <= maxAudienceLength
    ? 'The client id, because no two web sessions may accept each other’s tokens.'
    : `The client id, cut to the ${maxAudienceLength} characters that PingAccess takes and told apart by its hash, because no two web sessions may accept each other’s tokens.`

/** The values alone. */
export const toWebSession = (choices: WebSessionChoices): WebSession =>
  Object.fromEntries(Object.entries(choices).map(([name, { value }]) => [name, value])) as WebSession
