import type { ValidationError } from './api-result.ts'
import type { Client } from './client.ts'
import type { CompleteClient } from './defaults.ts'
import { required } from './parse-body.ts'
import type { Settings } from './settings.ts'

type Rule = (client: CompleteClient, settings: Settings) => ValidationError[]

/** Everything PingFederate would find wrong with a client whose fields have the right types. */
export function validateClient(client: CompleteClient, settings: Settings): ValidationError[] {
  return rules.flatMap(rule => rule(client, settings))
}

/** The secret that the client's authentication needs but nobody has sent. */
export function missingSecret({ clientAuth }: Client): ValidationError[] {
  const needsSecret = clientAuth?.type === 'SECRET' || clientAuth?.type === 'CLIENT_SECRET_JWT'
  const isSent = (clientAuth?.secret ?? clientAuth?.encryptedSecret) !== undefined
  return needsSecret && !isSent ? [required('clientAuth.secret')] : []
}

const rules: readonly Rule[] = [
  names,
  grants,
  redirectUris,
  scopes,
  exclusiveScopes,
  references,
  authentication,
  secretRetention,
]

function names({ clientId, name }: CompleteClient): ValidationError[] {
  return [
    ...(clientId?.trim() === '' ? [required('clientId')] : []),
    ...(name?.trim() === '' ? [required('name')] : []),
  ]
}

function grants({ grantTypes }: CompleteClient): ValidationError[] {
  return grantTypes?.length === 0 ? [required('grantTypes')] : []
}

function redirectUris({ redirectUris, grantTypes }: CompleteClient): ValidationError[] {
  const redirects = grantTypes?.some(type => type === 'AUTHORIZATION_CODE' || type === 'IMPLICIT')
  if (redirects && redirectUris.length === 0) return [required('redirectUris')]
  return redirectUris.flatMap((uri, index) =>
    isRedirectUri(uri)
      ? []
      : [problem('invalid_redirect_uri', `${uri} is not a valid URI.`, `redirectUris[${index}]`)],
  )
}

/** Wildcards are fine with PingFederate, also where they can't stand in a URL. */
function isRedirectUri(uri: string): boolean {
  return URL.canParse(uri.replaceAll('*', 'any')) && !uri.includes('#')
}

function scopes({ restrictScopes, restrictedScopes }: CompleteClient, settings: Settings): ValidationError[] {
  const unrestricted =
    !restrictScopes && restrictedScopes.length > 0
      ? [problem('invalid_restricted_scopes', 'restrictedScopes needs restrictScopes.', 'restrictedScopes')]
      : []
  // Every client may have this one, whether or not an administrator has listed it.
  const known = { scopes: ['openid', ...settings.scopes] }
  return [...unrestricted, ...unknownScopes('restrictedScopes', restrictedScopes, known)]
}

function exclusiveScopes({ exclusiveScopes }: CompleteClient): ValidationError[] {
  return unknownScopes('exclusiveScopes', exclusiveScopes, { scopes: [] })
}

function unknownScopes(field: string, used: string[], known: Pick<Settings, 'scopes'>): ValidationError[] {
  return used.flatMap((scope, index) =>
    known.scopes.includes(scope)
      ? []
      : [problem('invalid_scope', `Scope ${scope} is not defined.`, `${field}[${index}]`)],
  )
}

function references(client: CompleteClient, settings: Settings): ValidationError[] {
  return [
    ...unknownReference(
      'defaultAccessTokenManagerRef',
      client.defaultAccessTokenManagerRef?.id,
      settings.accessTokenManagers,
    ),
    ...unknownReference('oidcPolicy.policyGroup', client.oidcPolicy.policyGroup?.id, settings.oidcPolicies),
  ]
}

function unknownReference(field: string, id: string | undefined, known: string[]): ValidationError[] {
  if (id === undefined || known.includes(id)) return []
  return [problem('reference_not_found', `${id} does not exist.`, `${field}.id`)]
}

function authentication({ clientAuth, jwksSettings }: CompleteClient): ValidationError[] {
  if (clientAuth.type === 'PRIVATE_KEY_JWT' && (jwksSettings?.jwks ?? jwksSettings?.jwksUrl) === undefined) {
    return [required('jwksSettings')]
  }
  if (clientAuth.type !== 'CERTIFICATE') return []
  const fields = ['clientCertIssuerDn', 'clientCertSubjectDn'] as const
  return fields.filter(field => clientAuth[field] === undefined).map(field => required(`clientAuth.${field}`))
}

function secretRetention(client: CompleteClient): ValidationError[] {
  const field = 'clientSecretRetentionPeriod'
  const minutes = client.clientSecretRetentionPeriod
  if (client.clientSecretRetentionPeriodType === 'OVERRIDE_SERVER_DEFAULT' && minutes === undefined) {
    return [required(field)]
  }
  return minutes !== undefined && minutes < 0
    ? [problem('invalid_value', `${field} must not be negative.`, field)]
    : []
}

function problem(errorId: string, message: string, fieldPath: string): ValidationError {
  return { errorId, message, fieldPath }
}
