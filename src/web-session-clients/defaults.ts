import type { CallbackUnder } from '../ping-access-urls/callback.ts'
import type { ClientSettings, NewClient } from '../pingfederate/client-settings.ts'
import type { PolicyDefaults, RetrievalConfig } from '../policy/defaults.ts'
import type { Ruled } from '../policy/team-policy.ts'
import type { RetrievalRequest } from '../secret-retrievals/issue.ts'
import type { CreateWebSessionClient } from './schema.ts'

/** How the secret of a new client is to be handed out. */
export type RetrievalSettings = Pick<RetrievalRequest, 'ttlSeconds' | 'redeemableBy'>

/**
 * Where a value comes from.
 * - `manual`: the steps of Ping's manual, or their silence: what they do not mention is left off
 * - `policy`: what the policy allows to the team
 * - `configuration`: this service as it is installed
 * - `request`: the caller sent it, or it follows from the body or the access token alone
 */
type Source = 'manual' | 'policy' | 'configuration' | 'request'

/** A value, where it comes from, and why in a sentence. */
export type Sourced<T> = { value: T; source: Source; reason: string }
type AllSourced<T> = { [Name in keyof T]: Sourced<T[Name]> }

/** Everything a create has settled before it chooses the secret, each value with its source. */
export type Choices = {
  identity: AllSourced<Omit<NewClient, 'settings'>>
  settings: AllSourced<ClientSettings>
  retrieval: AllSourced<RetrievalSettings>
}

type Given = {
  team: string
  /** The normalised URLs and redirect URIs of the request. */
  derived: readonly { pingAccessUrl: string; redirectUri: string }[]
  retrieval: Pick<RetrievalConfig, 'ttlSeconds'>
  policy: PolicyDefaults
}

/**
 * What Ping's "Creating a web session client" sets (authorization code, approval page bypassed); what its steps do not
 * mention is off. Also what stands for a setting that an older version did not store, but for `formerSettings`.
 */
export const pingAccessDefaults: ClientSettings = {
  enabled: true,
  description: null,
  pingAccessUrls: [],
  callbackUnder: 'host',
  redirectUris: [],
  otherRedirectUris: [],
  grantTypes: ['authorization_code'],
  bypassAuthorizationApproval: true,
  scopes: null,
  requirePkce: false,
  logout: 'none',
  refreshTokens: false,
  oidcPolicy: null,
  accessTokenManager: null,
}

/** What version 0.5 and older did, without storing it, where that is not the default any more. */
export const formerSettings: Pick<ClientSettings, 'callbackUnder'> = { callbackUnder: 'contextRoot' }

const sent = <T>(value: T, reason = 'You sent it.'): Sourced<T> => ({ value, source: 'request', reason })

const orElse = <T>(value: T | undefined, otherwise: Sourced<T>): Sourced<T> =>
  value === undefined ? otherwise : sent(value)

const manual = <T>(value: T, reason: string): Sourced<T> => ({ value, source: 'manual', reason })

const off = <T>(value: T): Sourced<T> => manual(value, 'The manual’s steps do not mention it, so it is off.')

const pingFederateDefault = manual(
  pingAccessDefaults.oidcPolicy,
  'The manual’s steps do not mention it, so PingFederate’s own default applies.',
)

/** What the policy gives a request that does not say. */
const byPolicy = <T>(fromPolicy: Ruled<T> | undefined, otherwise: Sourced<T>): Sourced<T> =>
  fromPolicy
    ? {
        value: fromPolicy.value,
        source: 'policy',
        reason: `${fromPolicy.rule} of the policy allows your team this.`,
      }
    : otherwise

const configured = <T>(value: T, reason: string): Sourced<T> => ({ value, source: 'configuration', reason })

/** Every web session asks for this scope (OpenID Connect Core section 3.1.2.1), so a restricted client needs it too. */
const alwaysNeededScope = 'openid'

/**
 * Completes a request by the PingAccess defaults, by what the policy gives its team, and by what is configured.
 */
export const applyDefaults = (request: CreateWebSessionClient, given: Given): Choices => ({
  identity: {
    clientId: sent(request.clientId),
    name: orElse(request.name, sent(request.clientId, 'You sent no name, so it is the client id.')),
    team: orElse(
      request.team,
      sent(given.team, 'You sent no team, and your access token has only this one.'),
    ),
  },
  settings: chooseSettings(request, given),
  retrieval: chooseRetrieval(request.retrieval, given),
})

/** How a secret is handed out, of a new client and of a rotation alike. */
export const chooseRetrieval = (
  asked: Partial<RetrievalSettings> | undefined,
  { policy, retrieval }: Pick<Given, 'policy' | 'retrieval'>,
): Choices['retrieval'] => ({
  ttlSeconds: orElse(
    asked?.ttlSeconds,
    byPolicy(
      policy.ttlSeconds,
      configured(retrieval.ttlSeconds, 'RETRIEVAL_TTL_SECONDS of this installation.'),
    ),
  ),
  redeemableBy: orElse(
    asked?.redeemableBy,
    byPolicy(policy.redeemableBy, configured('team', 'What this service does unless told otherwise.')),
  ),
})

/** Settings of a client, whether it is made or changed. */
export const chooseSettings = (
  request: Omit<CreateWebSessionClient, 'clientId' | 'retrieval'>,
  { derived, policy }: Pick<Given, 'derived' | 'policy'>,
): AllSourced<ClientSettings> => ({
  enabled: manual(pingAccessDefaults.enabled, 'The manual’s client can be used at once.'),
  description: orElse(request.description, off(pingAccessDefaults.description)),
  pingAccessUrls: sent(
    derived.map(({ pingAccessUrl }) => pingAccessUrl),
    'You sent them; their form is normalised.',
  ),
  callbackUnder: chooseCallbackUnder(request.callbackUnder),
  redirectUris: configured(
    [...new Set(derived.map(({ redirectUri }) => redirectUri))],
    callbackUnderOf(request) === 'host'
      ? 'Each host and port of the PingAccess URLs, once, with PINGACCESS_CALLBACK_PATH of this installation.'
      : 'Each PingAccess URL with PINGACCESS_CALLBACK_PATH of this installation.',
  ),
  otherRedirectUris: manual(pingAccessDefaults.otherRedirectUris, 'Only an adopted client has any.'),
  grantTypes: request.refreshTokens
    ? sent(['authorization_code', 'refresh_token'], 'The manual’s grant, and the one of refreshTokens.')
    : manual(pingAccessDefaults.grantTypes, 'The manual allows this grant and no other.'),
  bypassAuthorizationApproval: manual(
    pingAccessDefaults.bypassAuthorizationApproval,
    'The manual bypasses the approval page.',
  ),
  scopes: chooseScopes(request.scopes, policy),
  requirePkce: orElse(request.requirePkce, off(pingAccessDefaults.requirePkce)),
  logout: orElse(request.logout, off(pingAccessDefaults.logout)),
  refreshTokens: orElse(request.refreshTokens, off(pingAccessDefaults.refreshTokens)),
  oidcPolicy: orElse(request.oidcPolicy, byPolicy(policy.oidcPolicy, pingFederateDefault)),
  accessTokenManager: orElse(
    request.accessTokenManager,
    byPolicy(policy.accessTokenManager, pingFederateDefault),
  ),
})

/** Where the callback is for a request that may leave it open, or be wrong. */
export const callbackUnderOf = (request: { callbackUnder?: unknown } | null): CallbackUnder =>
  request?.callbackUnder === 'contextRoot' ? 'contextRoot' : pingAccessDefaults.callbackUnder

/** In PingAccess's words, because whoever sets up the application there has to choose the same. */
const chooseCallbackUnder = (callbackUnder: CallbackUnder | undefined): Sourced<CallbackUnder> =>
  callbackUnder === undefined
    ? manual(
        pingAccessDefaults.callbackUnder,
        `${contextRootSwitch} is off in PingAccess unless it is set, so the callback is at the root of each virtual host.`,
      )
    : sent(
        callbackUnder,
        callbackUnder === 'host'
          ? `You sent it: the PingAccess application has ${contextRootSwitch} off.`
          : `You sent it: the PingAccess application has ${contextRootSwitch} on.`,
      )

const contextRootSwitch = '“Use context root as reserved resource base path”'

const chooseScopes = (
  scopes: string[] | undefined,
  policy: Pick<PolicyDefaults, 'scopes'>,
): Sourced<string[] | null> => {
  if (scopes !== undefined) {
    return sent(
      withNeededScope(scopes),
      `You sent them; ${alwaysNeededScope} is added where it is missing, because no web session logs in without it.`,
    )
  }
  return byPolicy(
    policy.scopes && { ...policy.scopes, value: withNeededScope(policy.scopes.value) },
    manual(
      pingAccessDefaults.scopes,
      'The manual’s steps do not mention them, so the client is not restricted.',
    ),
  )
}

const withNeededScope = (scopes: readonly string[]): string[] => [...new Set([alwaysNeededScope, ...scopes])]

/** The client itself, without where its values come from. */
export const toNewClient = ({ identity, settings }: Choices): NewClient => ({
  ...valuesOf(identity),
  settings: valuesOf(settings),
})

export const valuesOf = <T extends object>(choices: AllSourced<T>): T =>
  Object.fromEntries(Object.entries<Sourced<unknown>>(choices).map(([name, { value }]) => [name, value])) as T
