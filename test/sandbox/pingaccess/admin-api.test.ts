import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { shareSigningKey } from '../../signing-key.ts'
import { callPingAccess } from './call-pingaccess.ts'
import { recipe } from './installed.ts'

const start = async (t: TestContext) => {
  const sandbox = await createSandbox({ audience: 'test', signingKey: await shareSigningKey() })
  t.after(() => sandbox.close())
  const pingAccess = await sandbox.startPingAccess()
  return (...request: Parameters<typeof callPingAccess> extends [unknown, ...infer Rest] ? Rest : never) =>
    callPingAccess(pingAccess, ...request)
}

const webSession = {
  ...recipe.webSession,
  clientCredentials: { clientId: 'pa_wam', clientSecret: { value: 'secret' }, credentialsType: 'SECRET' },
}

test('401 for whoever is not the administrator, 403 without PingAccess’s header', async t => {
  const call = await start(t)
  const refused = await call('GET', '/version', undefined, { authorization: 'Basic YTpi' })
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate') ?? '', /^Basic/)
  for (const header of [undefined, 'PingFederate'])
    assert.equal((await call('GET', '/version', undefined, { 'x-xsrf-header': header })).status, 403)
  assert.deepEqual((await call('GET', '/version')).body, { version: '7.3.0.2' })
})

test('200 for a web session; its secret goes in once, comes out as another text at every read, and never as itself', async t => {
  const call = await start(t)
  const made = await call('POST', '/webSessions', webSession)
  assert.equal(made.status, 200)
  const first = (await call('GET', '/webSessions/1')).body
  const second = (await call('GET', '/webSessions?name=pa_wam')).body.items[0]
  const secretOf = ({ clientCredentials }: typeof first) => clientCredentials.clientSecret
  assert.match(secretOf(first).encryptedValue, /^OBF:JWE:/)
  assert.notDeepEqual(secretOf(first), secretOf(second))
  assert.doesNotMatch(JSON.stringify([made.body, first, second]), /"secret"/)
  assert.equal((await call('PUT', '/webSessions/1', { ...second, name: 'renamed' })).status, 200)
  assert.deepEqual((await call('GET', '/webSessions?name=pa_wam')).body.items, [])
})

test('422 by field for what is wrong, and nothing is saved', async t => {
  const call = await start(t)
  const bodies: [unknown, string][] = [
    [{ ...webSession, name: undefined }, 'name'],
    [{ ...webSession, audience: 'a'.repeat(33) }, 'audience'],
    [{ ...webSession, unheardOf: true }, 'unheardOf'],
    [{ ...webSession, clientCredentials: { clientId: 'pa_wam' } }, 'clientCredentials.clientSecret'],
    [
      { ...webSession, clientCredentials: { clientId: 'a', clientSecret: { encryptedValue: 'OBF:JWE:a' } } },
      'clientCredentials.clientSecret',
    ],
  ]
  for (const [body, field] of bodies) {
    const { status, body: error } = await call('POST', '/webSessions', body)
    assert.equal(status, 422)
    assert.deepEqual([error.flash, Object.keys(error.form)], [['Save Failed.'], [field]])
  }
  assert.deepEqual((await call('GET', '/webSessions')).body, { items: [] })
})

test('422 for a second of the same name, and for what others need', async t => {
  const call = await start(t)
  for (const body of [webSession, { ...webSession, name: 'other' }]) await call('POST', '/webSessions', body)
  const twin = await call('POST', '/webSessions', webSession)
  assert.deepEqual([twin.status, Object.keys(twin.body.form)], [422, ['name']])
  const renamed = await call('PUT', '/webSessions/2', webSession)
  assert.deepEqual([renamed.status, Object.keys(renamed.body.form)], [422, ['name']])
  const homeless = await call('POST', '/applications', { ...application, virtualHostIds: [1], siteId: 1 })
  assert.deepEqual(Object.keys(homeless.body.form), ['virtualHostIds', 'siteId'])
  await call('POST', '/virtualhosts', { host: 'localhost', port: 443 })
  await call('POST', '/sites', { name: 'sample', targets: ['localhost:1234'] })
  assert.equal(
    (await call('POST', '/applications', { ...application, virtualHostIds: [1], siteId: 1 })).status,
    200,
  )
  for (const path of ['/webSessions/1', '/virtualhosts/1'])
    assert.equal((await call('DELETE', path)).status, 422, path)
  assert.equal((await call('DELETE', '/applications/1')).status, 200)
  assert.equal((await call('DELETE', '/webSessions/1')).status, 200)
})

const application = {
  ...{ name: 'sample', contextRoot: '/', webSessionId: 1, defaultAuthType: 'Web', agentId: 0 },
  ...{ sidebandClientId: '', authenticationChallengePolicyId: 'default', spaSupportEnabled: false },
}

test('422 for a certificate that is none, for a group of unknown ones, and for a token provider of an unknown group', async t => {
  const call = await start(t)
  const fileData = Buffer.from('no certificate').toString('base64')
  const refused: [string, string, unknown, string][] = [
    ['POST', '/certificates', { alias: 'a', fileData }, 'fileData'],
    ['POST', '/trustedCertificateGroups', { name: 'a', certIds: [1] }, 'certIds'],
    [
      'PUT',
      '/pingfederate/runtime',
      { issuer: 'https://sso.example.com', trustedCertificateGroupId: 9 },
      'trustedCertificateGroupId',
    ],
  ]
  for (const [method, path, body, field] of refused)
    assert.deepEqual(Object.keys((await call(method, path, body)).body.form), [field])
})

test('422 for a change of PingAccess’s own groups; what is read-only in a group stays what it is', async t => {
  const call = await start(t)
  const { items } = (await call('GET', '/trustedCertificateGroups')).body
  assert.deepEqual(
    items.map(({ name, systemGroup }: Record<string, unknown>) => [name, systemGroup]),
    [
      ['Java Trust Store', true],
      ['Trust Any', true],
    ],
  )
  for (const { id, ...group } of items) {
    assert.equal((await call('PUT', `/trustedCertificateGroups/${id}`, group)).status, 422)
    assert.equal((await call('DELETE', `/trustedCertificateGroups/${id}`)).status, 422)
  }
  const asked = { name: 'a', systemGroup: true, ignoreAllCertificateErrors: true }
  const { body } = await call('POST', '/trustedCertificateGroups', asked)
  assert.deepEqual([body.systemGroup, body.ignoreAllCertificateErrors], [false, false])
})
