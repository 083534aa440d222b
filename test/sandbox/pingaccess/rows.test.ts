import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, type Installed, install, recipe, secret } from './installed.ts'

/*
 * Every row of what has to agree between a client of PingFederate and a web session of PingAccess: what happens to a
 * login where it does not.
 */

type Row = {
  row: string
  client?: object
  webSession?: object
  application?: object
  prepare?: (installed: Installed) => Promise<unknown>
  /** What the person sees in place of the application. */
  page: RegExp
}

const [application = assert.fail()] = recipe.applications

const rows: Row[] = [
  {
    row: 'a redirect URI for the virtual host',
    application: { virtualHosts: [{ host: 'other', port: 3000 }] },
    page: /invalid_redirect_uri/,
  },
  {
    row: 'a redirect URI with the port that browsers use',
    application: { virtualHosts: [{ host: 'mypingaccessserver', port: 443 }] },
    page: /invalid_redirect_uri/,
  },
  {
    row: 'a redirect URI below the reserved application context root',
    prepare: ({ administrator }) =>
      administrator.send('PUT', '/applications/reserved', { contextRoot: '/access' }),
    page: /invalid_redirect_uri/,
  },
  {
    row: 'a redirect URI below the context root, where that is the reserved resource base path',
    application: { contextRoot: '/shop', deployReservedResources: true },
    page: /invalid_redirect_uri/,
  },
  {
    row: 'restrictedScopes, scopes',
    client: { restrictScopes: true, restrictedScopes: ['openid', 'profile'] },
    page: /Login failed: invalid_scope/,
  },
  {
    row: 'requireProofKeyForCodeExchange, pkceChallengeType',
    client: { requireProofKeyForCodeExchange: true },
    webSession: { pkceChallengeType: 'OFF' },
    page: /Login failed: invalid_request: .*PKCE/,
  },
  {
    row: 'requirePushedAuthorizationRequests, enablePushAuthorization',
    client: { requirePushedAuthorizationRequests: true },
    page: /Login failed: invalid_request: .*Pushed Authorization Request/,
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
  },
  {
    row: 'grantAccessSessionRevocationApi, validateSessionIsAlive',
    webSession: { validateSessionIsAlive: true },
    page: /Login failed: the session revocation API answers 401/,
  },
  {
    row: 'AUTHORIZATION_CODE, oidcLoginType',
    webSession: { oidcLoginType: 'POST' },
    page: /Login failed: invalid_request: requested response_type is not allowed/,
  },
  {
    row: 'the attributes of policyGroup, those of the identity mapping',
    client: { oidcPolicy: { policyGroup: { id: 'small' } } },
    prepare: async ({ sandbox: { pingFederate } }) => {
      pingFederate.settings.oidcPolicies.push('small')
      pingFederate.settings.policyAttributes['small'] = ['email']
    },
    page: /^Hello, ana \(ana@example.com\) This/,
  },
  {
    row: 'the secret',
    prepare: ({ save }) => save({ ...client, clientAuth: { type: 'SECRET', secret: `${secret}, another` } }),
    page: /Login failed: invalid_client/,
  },
  {
    row: 'the client id',
    webSession: {
      clientCredentials: { clientId: 'nobody', credentialsType: 'SECRET', clientSecret: { value: null } },
    },
    page: /invalid_client/,
  },
]

for (const { row, page, ...pair } of rows)
  test(`a login fails where client and web session disagree in ${row}`, async t => {
    const installed = await install(t)
    const application = await disagree(installed, pair)
    const [{ host, port } = assert.fail()] = application.virtualHosts
    const seen = await installed.open(`https://${host}:${port}${application.contextRoot}`)
    assert.match(seen.text, page)
  })

const disagree = async (installed: Installed, pair: Omit<Row, 'row' | 'page'>) => {
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

test('the approval page comes before every application where the client does not bypass it', async t => {
  const { administrator, save, open } = await install(t)
  await save({ ...client, bypassApprovalPage: false })
  await administrator.follow(recipe, secret)
  const { text, clicks } = await open('https://mypingaccessserver:3000/')
  assert.match(text, /^Hello, Ana/)
  assert.deepEqual(clicks, ['ana', 'approve'])
})
