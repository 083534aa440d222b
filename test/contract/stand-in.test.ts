import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Exchange } from '../../src/sandbox/pingfederate/admin-api.ts'
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { findDescription, loadDescription } from './description.ts'

const found = findDescription(process.env)
const sandboxes: Sandbox[] = []
after(() => Promise.all(sandboxes.map(sandbox => sandbox.close())))

const fullest = {
  ...paWam,
  clientId: 'pa_full',
  description: 'everything a web session client may need',
  enabled: true,
  requireProofKeyForCodeExchange: true,
  requirePushedAuthorizationRequests: true,
  restrictScopes: true,
  restrictedScopes: ['openid', 'profile'],
  grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
  defaultAccessTokenManagerRef: { id: 'jwt' },
  clientSecretRetentionPeriodType: 'OVERRIDE_SERVER_DEFAULT',
  clientSecretRetentionPeriod: 60,
  oidcPolicy: {
    policyGroup: { id: 'default' },
    grantAccessSessionRevocationApi: true,
    pingAccessLogoutCapable: true,
    logoutMode: 'PING_FRONT_CHANNEL',
    logoutUris: ['https://mypingaccessserver:3000/pa/oidc/logout'],
  },
}
const extendedProperties = {
  items: [{ name: 'test', description: 'test', multiValued: false }, { name: 'other' }],
}
const secretPath = '/oauth/clients/pa_full/clientAuth/clientSecret'

/** Every operation, good and bad, with the status it has to have: a test that drove nothing would prove nothing. */
const calls = [
  ['POST', '/oauth/clients', paWam, 201],
  ['POST', '/oauth/clients', fullest, 201],
  ['POST', '/oauth/clients', fullest, 422],
  ['GET', '/oauth/clients', undefined, 200],
  ['GET', '/oauth/clients?page=1&numberPerPage=1&filter=PA', undefined, 200],
  ['GET', '/oauth/clients?page=0', undefined, 422],
  ['GET', '/oauth/clients/pa_wam', undefined, 200],
  ['GET', '/oauth/clients/nobody', undefined, 404],
  ['PUT', '/oauth/clients/pa_wam', { ...paWam, name: 'renamed' }, 200],
  ['PUT', '/oauth/clients/pa_wam', { ...paWam, redirectUris: [] }, 422],
  ['PUT', '/oauth/clients/nobody', paWam, 404],
  ['GET', secretPath, undefined, 200],
  ['PUT', secretPath, { secret: 'another-secret-of-32-characters-or-more' }, 200],
  ['GET', secretPath, undefined, 200],
  ['GET', '/oauth/clients/pa_full', undefined, 200],
  ['PUT', secretPath, {}, 422],
  ['PUT', '/oauth/clients/nobody/clientAuth/clientSecret', { secret: 'x' }, 404],
  ['GET', '/oauth/clients/nobody/clientAuth/clientSecret', undefined, 404],
  ['DELETE', '/oauth/clients/pa_wam', undefined, 204],
  ['DELETE', '/oauth/clients/pa_wam', undefined, 404],
  ['GET', '/extendedProperties', undefined, 200],
  ['PUT', '/extendedProperties', extendedProperties, 200],
  ['PUT', '/extendedProperties', { items: [{ description: 'of no name' }] }, 422],
  ['GET', '/extendedProperties', undefined, 200],
  ['GET', '/version', undefined, 200],
  ['GET', '/oauth/authServerSettings', undefined, 200],
  ['GET', '/oauth/accessTokenManagers', undefined, 200],
  ['GET', '/oauth/accessTokenManagers/settings', undefined, 200],
  ['GET', '/oauth/openIdConnect/policies', undefined, 200],
  ['GET', '/oauth/openIdConnect/settings', undefined, 200],
] as const

const clusterCalls = [
  ['GET', '/cluster/status', 200],
  ['POST', '/cluster/replicate', 200],
  ['GET', '/cluster/status', 200],
  ['GET', '/cluster/settings', 200],
] as const

test("every answer of the stand-in keeps to Ping's own description", { skip: found.missing }, async () => {
  const description = describe()
  const standalone = await start('standalone')
  for (const [method, path, body, status] of calls) {
    assert.equal(
      (await callAdminApi(standalone.sandbox, method, path, body)).status,
      status,
      `${method} ${path}`,
    )
  }
  const clustered = await start('clustered')
  for (const [method, path, status] of clusterCalls) {
    assert.equal((await callAdminApi(standalone.sandbox, method, path)).status, 403)
    assert.equal((await callAdminApi(clustered.sandbox, method, path)).status, status, `${method} ${path}`)
  }
  const exchanges = [...standalone.exchanges, ...clustered.exchanges]
  assert.equal(exchanges.length, calls.length + 2 * clusterCalls.length)
  assert.deepEqual(exchanges.flatMap(description.check), [])
})

test('what the stand-in refuses as unknown is unknown to the description as well', {
  skip: found.missing,
}, async () => {
  const description = describe()
  const { sandbox, exchanges } = await start('standalone')
  const unknown = { ...paWam, clientAuthentication: { type: 'SECRET' } }
  assert.equal((await callAdminApi(sandbox, 'POST', '/oauth/clients', unknown)).status, 400)
  assert.match(exchanges.flatMap(description.check).join('\n'), /clientAuthentication/)
})

function describe() {
  assert.ok(found.missing === false)
  return loadDescription(found.path)
}

async function start(
  cluster: 'standalone' | 'clustered',
): Promise<{ sandbox: Sandbox; exchanges: Exchange[] }> {
  const sandbox = await createSandbox({ audience: 'test', cluster })
  sandboxes.push(sandbox)
  const exchanges: Exchange[] = []
  sandbox.pingFederate.onExchange(exchange => exchanges.push(exchange))
  return { sandbox, exchanges }
}
