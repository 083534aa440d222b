import { randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import { type Configuration, errors } from 'oidc-provider'
import { type Services, swaggerUiClientId } from '../callers.ts'
import type { Engine } from '../pingfederate/pingfederate.ts'
import { findAccount, teamsOf } from './accounts.ts'
import { createAdapterFactory } from './adapter.ts'
import { findService, resourceOf, toResourceServer, toServiceClients, toSwaggerUiClient } from './callers.ts'
import { idTokenAlgorithms, toClientMetadata } from './engine-client.ts'
import { loadGrant } from './load-grant.ts'
import { errorPage } from './pages.ts'
import { toMetadata } from './sessions.ts'

/** What the issuer needs from the world around it. */
export interface IssuerOptions extends Engine {
  readonly issuer: string
  readonly audience: string
  readonly services: Services
  readonly swaggerUiRedirectUris: readonly string[]
}

const authorizationPath = '/as/authorization.oauth2'

/** Seconds. */
const ttl = {
  AccessToken: 3600,
  AuthorizationCode: 60,
  ClientCredentials: 3600,
  Grant: 86_400,
  IdToken: 300,
  Interaction: 3600,
  RefreshToken: 86_400,
  Session: 86_400,
}

/** How oidc-provider is set up: nothing is left to the defaults of which it says that they should be changed. */
export function toConfiguration(options: IssuerOptions, key: JWK): Configuration {
  const { services, findClient } = options
  const scopes = [...options.scopes]
  return {
    adapter: createAdapterFactory(id =>
      findMetadata(id, { ...options, scopes: known(options.scopes, scopes) }),
    ),
    // The path of PingFederate's own, which it does not change with its settings.
    routes: { authorization: authorizationPath },
    clients: toServiceClients(services),
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    scopes,
    discovery: toMetadata(options.issuer),
    claims: {
      openid: ['sub', 'pi.sri'],
      profile: ['name', 'preferred_username', 'groups'],
      email: ['email', 'email_verified'],
    },
    // Like PingFederate's default policy: the web session reads its attributes from the ID token.
    conformIdTokenClaims: false,
    responseTypes: ['code', 'id_token'],
    enabledJWA: { idTokenSigningAlgValues: [...idTokenAlgorithms] },
    pkce: {
      required: (_ctx, client) =>
        client.clientAuthMethod === 'none' ||
        findClient(client.clientId)?.client.requireProofKeyForCodeExchange === true,
    },
    features: toFeatures(options),
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientId === swaggerUiClientId &&
      (client.redirectUris ?? []).some(uri => new URL(uri).origin === origin),
    findAccount: (ctx, id) => findAccount(ctx, id, options),
    extraTokenClaims: (_ctx, token) => ({ groups: teamsOf(token, services) }),
    loadExistingGrant: ctx => loadGrant(ctx, options),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    renderError(ctx, { error, error_description: description }) {
      ctx.type = 'html'
      ctx.body = errorPage(error, description ?? '')
    },
    ttl,
  }
}

/** Those that are left; of one that was added later the issuer knows nothing. */
function known(now: readonly string[], atStart: readonly string[]): string[] {
  return now.filter(scope => atStart.includes(scope))
}

function findMetadata(clientId: string, { findClient, swaggerUiRedirectUris, scopes }: IssuerOptions) {
  if (clientId === swaggerUiClientId) return toSwaggerUiClient(swaggerUiRedirectUris)
  const stored = findClient(clientId)
  return stored === undefined ? undefined : toClientMetadata(stored, scopes)
}

function toFeatures({ audience, services }: IssuerOptions): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: { enabled: false },
    dPoP: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, client) => resourceOf(client.clientId, services),
      useGrantedResource: () => true,
      getResourceServerInfo(_ctx, resource, client) {
        if (resource !== resourceOf(client.clientId, services)) throw new errors.InvalidTarget()
        return toResourceServer(resource, findService(client.clientId, services), audience)
      },
    },
  }
}
