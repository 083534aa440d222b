import assert from 'node:assert/strict'
import type { LiveAgreement } from '../../../src/web-sessions/live-agreement-schema.ts'
import { client, type Installed, recipe, secret } from './installed.ts'

/*
 * Every row of what has to agree between a client of PingFederate and a web session of PingAccess: what happens to a
 * login where it does not, and what the service says of it.
 */

type RowName = LiveAgreement['agreement'][number]['row']

export type Row = {
  row: string
  client?: object
  webSession?: object
  application?: object
  prepare?: (installed: Installed) => Promise<unknown>
  /** What the person sees in place of the application. */
  page: RegExp
  /** The rows that the service says do not agree; none for what nobody can read. */
  told: RowName[]
  /** What it says to do about the first of them. */
  fix?: RegExp
}

const [application = assert.fail()] = recipe.applications

export const rows: Row[] = [
  {
    row: 'a redirect URI for the virtual host',
    application: { virtualHosts: [{ host: 'other', port: 3000 }] },
    page: /invalid_redirect_uri/,
    told: ['virtual_hosts', 'redirect_uris'],
    fix: /PATCH \/web-session-clients\/pa_wam with pingAccessUrls that have https:\/\/other:3000 as well/,
  },
  {
    row: 'a redirect URI with the port that browsers use',
    application: { virtualHosts: [{ host: 'mypingaccessserver', port: 443 }] },
    page: /invalid_redirect_uri/,
    told: ['virtual_hosts', 'redirect_uris'],
    fix: /pingAccessUrls that have https:\/\/mypingaccessserver as well.* take the virtual host off .*PUT \/applications\/1/,
  },
  {
    row: 'a redirect URI below the reserved application context root',
    prepare: ({ administrator }) =>
      administrator.send('PUT', '/applications/reserved', { contextRoot: '/access' }),
    page: /invalid_redirect_uri/,
    told: ['reserved_context_root'],
    fix: /PINGACCESS_CALLBACK_PATH to \/access\/oidc\/cb.*PUT \/applications\/reserved/,
  },
  {
    row: 'a redirect URI below the context root, where that is the reserved resource base path',
    application: { contextRoot: '/shop', deployReservedResources: true },
    page: /invalid_redirect_uri/,
    told: ['reserved_resources'],
    fix: /PATCH \/web-session-clients\/pa_wam with {"callbackUnder": "contextRoot"}/,
  },
  {
    row: 'restrictedScopes, scopes',
    client: { restrictScopes: true, restrictedScopes: ['openid', 'profile'] },
    page: /Login failed: invalid_scope/,
    told: ['scopes'],
    fix: /Take email, address, phone off Scopes of .*PUT \/webSessions\/1.*PATCH .* scopes that have email/,
  },
  {
    row: 'requireProofKeyForCodeExchange, pkceChallengeType',
    client: { requireProofKeyForCodeExchange: true },
    webSession: { pkceChallengeType: 'OFF' },
    page: /Login failed: invalid_request: .*PKCE/,
    told: ['pkce'],
    fix: /PUT \/webSessions\/1.* to SHA256.*{"requirePkce": false}/,
  },
  {
    row: 'requirePushedAuthorizationRequests, enablePushAuthorization',
    client: { requirePushedAuthorizationRequests: true },
    page: /Login failed: invalid_request: .*Pushed Authorization Request/,
    told: ['pushed_authorization'],
    fix: /enablePushAuthorization.*PUT \/webSessions\/1/,
  },
  {
    row: 'clientAuth.type, credentialsType',
    webSession: {
      clientCredentials: {
        clientId: 'pa_wam',
        credentialsType: 'CERTIFICATE',
        keyPairId: 1,
        clientSecret: {},
      },
    },
    page: /Login failed: invalid_(client|request)/,
    told: ['credentials_type'],
    fix: /Client Credentials Type of .*PUT \/webSessions\/1.* to Secret/,
  },
  {
    row: 'grantAccessSessionRevocationApi, validateSessionIsAlive',
    webSession: { validateSessionIsAlive: true },
    page: /Login failed: the session revocation API answers 401/,
    told: ['session_revocation'],
    fix: /validateSessionIsAlive.*PUT \/webSessions\/1.*session revocation API/,
  },
  {
    row: 'AUTHORIZATION_CODE, oidcLoginType',
    webSession: { oidcLoginType: 'POST' },
    page: /Login failed: invalid_request: requested response_type is not allowed/,
    told: ['login_type'],
    fix: /OpenID Connect Login Type of .*PUT \/webSessions\/1.* to Code/,
  },
  {
    row: 'the attributes of policyGroup, those of the identity mapping',
    client: { oidcPolicy: { policyGroup: { id: 'small' } } },
    prepare: async ({ sandbox: { pingFederate } }) => {
      pingFederate.settings.oidcPolicies.push('small')
      pingFederate.settings.policyAttributes['small'] = ['email']
    },
    page: /^Hello, ana \(ana@example.com\) This/,
    told: ['identity_mappings'],
    fix: /the OpenID Connect policy small give name .*PATCH \/web-session-clients\/pa_wam with another oidcPolicy/,
  },
  {
    row: 'the secret',
    prepare: ({ save }) => save({ ...client, clientAuth: { type: 'SECRET', secret: `${secret}, another` } }),
    page: /Login failed: invalid_client/,
    // Neither server shows one.
    told: [],
  },
  {
    row: 'the client id',
    webSession: {
      clientCredentials: { clientId: 'nobody', credentialsType: 'SECRET', clientSecret: { value: null } },
    },
    page: /invalid_client/,
    told: ['client_id'],
    fix: /Set Client ID of the web session pa_wam .*PUT \/webSessions\/1.* to pa_wam/,
  },
]

/** Sets both sides up so that they agree but for that; the application that was made. */
export const disagree = async (
  installed: Installed,
  pair: Pick<Row, 'client' | 'webSession' | 'application' | 'prepare'>,
) => {
  const { administrator, save } = installed
  if (pair.client !== undefined && 'oidcPolicy' in pair.client) await pair.prepare?.(installed)
  await save({ ...client, ...pair.client })
  const changed = { ...application, ...pair.application }
  await administrator.follow(
    { ...recipe, webSession: { ...recipe.webSession, ...pair.webSession }, applications: [changed] },
    secret,
  )
  await pair.prepare?.(installed)
  return changed
}
