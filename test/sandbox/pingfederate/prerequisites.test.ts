import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from '../call-admin-api.ts'
import { logIn } from '../log-in.ts'

const sandbox = await createSandbox({ audience: 'test' })
const { settings } = sandbox.pingFederate
after(() => sandbox.close())

const read = async (path: string) => (await callAdminApi(sandbox, 'GET', path)).body

test('200 with what has been set up', async () => {
  Object.assign(settings, { version: '13.1.0.0', clientSecretRetentionPeriod: 5 })
  assert.deepEqual(await read('/version'), { version: '13.1.0.0' })
  assert.equal((await read('/oauth/authServerSettings')).clientSecretRetentionPeriod, 5)
  assert.equal((await read('/oauth/authServerSettings')).scopes[0].name, 'openid')
  assert.equal((await read('/oauth/accessTokenManagers')).items[1].id, 'jwt')
  assert.equal((await read('/oauth/accessTokenManagers/settings')).defaultAccessTokenManagerRef.id, 'default')
  assert.equal((await read('/oauth/openIdConnect/policies')).items[0].id, 'default')
  assert.equal((await read('/oauth/openIdConnect/settings')).defaultPolicyRef.id, 'default')
})

test('201 for a client without a default access token manager or policy; its first login fails', async () => {
  await callAdminApi(sandbox, 'POST', '/oauth/clients', paWam)
  const login = {
    issuer: sandbox.issuer,
    clientId: paWam.clientId,
    clientSecret: paWam.clientAuth.secret,
    redirectUri: paWam.redirectUris[0],
    person: 'ana',
  }
  settings.defaultAccessTokenManager = undefined
  await assert.rejects(logIn(login), { error: 'server_error', error_description: /access token manager/ })
  settings.defaultAccessTokenManager = 'default'
  settings.defaultOidcPolicy = undefined
  assert.equal((await read('/oauth/openIdConnect/settings')).defaultPolicyRef, undefined)
  await assert.rejects(logIn(login), { error: 'server_error', error_description: /policy/ })

  const own = { oidcPolicy: { policyGroup: { id: 'default' } } }
  assert.equal(
    (await callAdminApi(sandbox, 'PUT', '/oauth/clients/pa_wam', { ...paWam, ...own })).status,
    200,
  )
  assert.equal((await logIn(login)).sub, 'ana')
})
