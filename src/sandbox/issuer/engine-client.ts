import type { ClientAuthMethod, ClientMetadata, SigningAlgorithmWithNone } from 'oidc-provider'
import type { StoredClient } from '../pingfederate/stored-client.ts'

const grantTypes: Readonly<Record<string, string>> = {
  AUTHORIZATION_CODE: 'authorization_code',
  IMPLICIT: 'implicit',
  REFRESH_TOKEN: 'refresh_token',
  CLIENT_CREDENTIALS: 'client_credentials',
}

const authMethods: Readonly<Record<string, ClientAuthMethod>> = {
  NONE: 'none',
  SECRET: 'client_secret_basic',
}

/** The issuer has one RSA key, so the other asymmetric algorithms fall back to the default. */
export const idTokenAlgorithms = [
  'RS256',
  'HS256',
  'HS384',
  'HS512',
] as const satisfies SigningAlgorithmWithNone[]

/**
 * A PingFederate client in the words of RFC 7591; undefined for one that is disabled, has lost its secret or
 * authenticates in a way that the sandbox doesn't know. `client_secret_post` works for SECRET clients as well. Without a
 * client's own list it may ask for all scopes that the server knows, as in PingFederate.
 */
export function toClientMetadata(
  stored: StoredClient,
  scopes: readonly string[],
): ClientMetadata | undefined {
  const { client, secret } = stored
  const method = authMethods[client.clientAuth.type]
  const hasLostSecret = method === 'client_secret_basic' && secret === undefined
  if (!client.enabled || method === undefined || hasLostSecret) return undefined
  return {
    client_id: client.clientId,
    client_name: client.name,
    ...(secret === undefined ? {} : { client_secret: secret }),
    token_endpoint_auth_method: method,
    redirect_uris: client.redirectUris,
    grant_types: client.grantTypes.flatMap(type => grantTypes[type] ?? []),
    response_types: responseTypes(client.grantTypes),
    id_token_signed_response_alg:
      idTokenAlgorithms.find(name => name === client.oidcPolicy.idTokenSigningAlgorithm) ?? 'RS256',
    require_pushed_authorization_requests: client.requirePushedAuthorizationRequests,
    scope: (client.restrictScopes ? client.restrictedScopes : ['openid', ...scopes]).join(' '),
  }
}

function responseTypes(types: readonly string[]): ('code' | 'id_token')[] {
  return [
    ...(types.includes('AUTHORIZATION_CODE') ? (['code'] as const) : []),
    ...(types.includes('IMPLICIT') ? (['id_token'] as const) : []),
  ]
}
