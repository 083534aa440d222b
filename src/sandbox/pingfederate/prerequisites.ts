import type { Answer } from '../exchange.ts'
import type { Installation } from './installation.ts'

/*
 * What a login needs besides the client. Trimmed to what is required or of interest to a provisioner; the real
 * answers are longer.
 */

/** `GET /version` */
export function getVersion({ settings }: Installation): Answer {
  return { status: 200, body: { version: settings.version } }
}

/** `GET /oauth/authServerSettings` */
export function getAuthServerSettings({ settings }: Installation): Answer {
  const body = {
    defaultScopeDescription: '',
    scopes: settings.scopes.map(name => ({ name, description: name, dynamic: false })),
    scopeGroups: [],
    exclusiveScopes: [],
    exclusiveScopeGroups: [],
    authorizationCodeTimeout: 60,
    authorizationCodeEntropy: 30,
    refreshTokenLength: 42,
    refreshRollingInterval: 0,
    rollRefreshTokenValues: false,
    disallowPlainPKCE: false,
    trackUserSessionsForLogout: settings.trackUserSessionsForLogout,
    clientSecretRetentionPeriod: settings.clientSecretRetentionPeriod,
    parStatus: 'ENABLED',
  }
  return { status: 200, body }
}

/** `GET /oauth/accessTokenManagers` */
export function listAccessTokenManagers({ settings }: Installation): Answer {
  const items = settings.accessTokenManagers.map((id, index) => ({
    id,
    name: id,
    pluginDescriptorRef: {
      id: 'com.pingidentity.pf.access.token.management.plugins.JwtBearerAccessTokenManagementPlugin',
    },
    configuration: { tables: [], fields: [] },
    attributeContract: { coreAttributes: [], extendedAttributes: [{ name: 'sub', multiValued: false }] },
    sequenceNumber: index + 1,
  }))
  return { status: 200, body: { items } }
}

/** `GET /oauth/accessTokenManagers/settings` */
export function getAccessTokenManagementSettings({ settings }: Installation): Answer {
  return { status: 200, body: reference('defaultAccessTokenManagerRef', settings.defaultAccessTokenManager) }
}

/** `GET /oauth/openIdConnect/policies` */
export function listOidcPolicies({ settings }: Installation): Answer {
  const items = settings.oidcPolicies.map(id => ({
    id,
    name: id,
    accessTokenManagerRef: {
      id: settings.defaultAccessTokenManager ?? settings.accessTokenManagers[0] ?? '',
    },
    attributeContract: {
      coreAttributes: [{ name: 'sub', multiValued: false }],
      extendedAttributes: attributesOf(id, settings).map(name => ({
        ...{ name, includeInIdToken: true, includeInUserInfo: true, multiValued: false },
      })),
    },
    attributeMapping: {
      attributeSources: [],
      attributeContractFulfillment: Object.fromEntries(
        ['sub', ...attributesOf(id, settings)].map(name => [
          name,
          { source: { type: 'TOKEN' }, value: name },
        ]),
      ),
      issuanceCriteria: { conditionalCriteria: [] },
    },
    idTokenLifetime: 5,
  }))
  return { status: 200, body: { items } }
}

/** What the issuer knows of people, unless the policy is set to give less. */
function attributesOf(policy: string, { policyAttributes }: Installation['settings']): readonly string[] {
  return policyAttributes[policy] ?? ['name', 'preferred_username', 'email', 'email_verified', 'groups']
}

/** `GET /oauth/openIdConnect/settings` */
export function getOidcSettings({ settings }: Installation): Answer {
  const { trackUserSessionsForLogout } = settings
  const sessionSettings = { trackUserSessionsForLogout, revokeUserSessionOnLogout: true }
  return {
    status: 200,
    body: { ...reference('defaultPolicyRef', settings.defaultOidcPolicy), sessionSettings },
  }
}

function reference(field: string, id: string | undefined): Record<string, { id: string }> {
  return id === undefined ? {} : { [field]: { id } }
}
