import type { ClientMetadata, ResourceServer } from 'oidc-provider'
import {
  adminApiClientId,
  type Service,
  type Services,
  serviceScopes,
  swaggerUiClientId,
} from '../callers.ts'

/** The `aud` of access tokens for PingFederate's admin API. */
export const adminApiAudience = 'pingfederate-admin-api'

/** An identifier for oidc-provider only: a resource has to be a URI, an audience needn't be one. */
export const serviceResource = 'urn:sandbox:service'
const adminApiResource = 'urn:sandbox:pingfederate-admin-api'

/** The services, among them ours as a caller of the admin API. */
export function toServiceClients(services: Services): ClientMetadata[] {
  return Object.values(services).map(({ clientId, clientSecret }) => ({
    client_id: clientId,
    client_secret: clientSecret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  }))
}

/** The public client behind *Authorize*. */
export function toSwaggerUiClient(redirectUris: readonly string[]): ClientMetadata {
  return {
    client_id: swaggerUiClientId,
    client_name: 'Swagger UI',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [...redirectUris],
  }
}

/** The resource for which a caller gets its tokens; undefined for the clients of the admin API. */
export function resourceOf(clientId: string, services: Services): string | undefined {
  if (clientId === adminApiClientId) return adminApiResource
  return clientId === swaggerUiClientId || Object.hasOwn(services, clientId) ? serviceResource : undefined
}

/**
 * What oidc-provider needs to know to issue an RFC 9068 token for a resource. A scope that isn't the caller's is left
 * out of its token, which RFC 6749 allows.
 */
export function toResourceServer(
  resource: string,
  caller: Service | undefined,
  audience: string,
): ResourceServer {
  return {
    audience: resource === adminApiResource ? adminApiAudience : audience,
    scope: (caller?.scopes ?? serviceScopes).join(' '),
    accessTokenFormat: 'jwt',
    accessTokenTTL: 3600,
    jwt: { sign: { alg: 'RS256' } },
  }
}

/** The service behind a client id, if it is one. */
export function findService(clientId: string | undefined, services: Services): Service | undefined {
  return Object.values(services).find(service => service.clientId === clientId)
}
