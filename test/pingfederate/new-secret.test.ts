import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { withNewSecret, withoutFormerSecrets } from '../../src/pingfederate/new-secret.ts'
import { findMaker } from '../../src/pingfederate/oauth-client.ts'
import { Secret } from '../../src/secret.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { clientSecret, newClient, startUpstream } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const rotation = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e11'
const secret = new Secret('another-secret-of-more-than-32-characters')
const newSecret = { secret, overlapMinutes: 60, operationId: rotation }

const managed = [
  ...['description', 'clientAuth', 'clientAuthentication'],
  ...['clientSecretRetentionPeriodType', 'clientSecretRetentionPeriod'],
]

/** Fields of versions that nobody knows yet, links among them. */
const others = fc.dictionary(
  fc.string().filter(name => !managed.includes(name)),
  fc.oneof(fc.jsonValue(), fc.constant({}), fc.constant({ location: { values: ['x'] }, id: 'y' })),
)

test('whatever else a client has travels as it was read, to the byte and in its order', () => {
  fc.assert(
    fc.property(others, others, (body, inAuth) => {
      const read = JSON.parse(
        JSON.stringify({
          ...body,
          description: `Shop [web-session-clients ${operationId}]`,
          clientAuth: { ...inAuth, type: 'SECRET', secondarySecrets: [{ encryptedSecret: 'OBF:1' }] },
        }),
      )
      const { description, clientAuth, ...kept } = withNewSecret(read, newSecret) as Record<string, unknown>
      const { secret: sent, ...authentication } = clientAuth as Record<string, unknown>
      assert.equal(description, `Shop [web-session-clients ${rotation}]`)
      assert.equal(sent, secret.reveal())
      const { clientSecretRetentionPeriodType, clientSecretRetentionPeriod, ...rest } = kept
      assert.deepEqual(
        [clientSecretRetentionPeriodType, clientSecretRetentionPeriod],
        ['OVERRIDE_SERVER_DEFAULT', 60],
      )
      const { description: _description, clientAuth: authRead, ...restRead } = read
      const { secret: _secret, encryptedSecret: _encrypted, ...authenticationRead } = authRead
      assert.equal(JSON.stringify(rest), JSON.stringify(restRead))
      assert.equal(JSON.stringify(authentication), JSON.stringify(authenticationRead))
    }),
  )
})

test('a link goes without its location wherever it stands, the former secret and what repeats it not at all', () => {
  const link = { id: 'jwt', location: 'https://pf.example.com/pf-admin-api/v1/oauth/accessTokenManagers/jwt' }
  const body = withNewSecret(
    {
      ...{ defaultAccessTokenManagerRef: link, oidcPolicy: { policyGroup: link, logoutUris: [] } },
      ...{ newer: [{ deep: link }], extendedParameters: { location: { values: ['a'] } } },
      clientAuth: { type: 'SECRET', encryptedSecret: 'OBF:JWE:former' },
      clientAuthentication: { type: 'SECRET', encryptedSecret: 'OBF:JWE:former' },
    },
    newSecret,
  )
  const bare = { id: 'jwt' }
  assert.deepEqual(body, {
    ...{ defaultAccessTokenManagerRef: bare, oidcPolicy: { policyGroup: bare, logoutUris: [] } },
    ...{ newer: [{ deep: bare }], extendedParameters: { location: { values: ['a'] } } },
    description: ` [web-session-clients ${rotation}]`,
    clientAuth: { type: 'SECRET', secret: secret.reveal() },
    ...{ clientSecretRetentionPeriodType: 'OVERRIDE_SERVER_DEFAULT', clientSecretRetentionPeriod: 60 },
  })
})

/** What PingFederate answers of a client, without what a save changes by itself and without its secrets. */
const settingsOf = (body: Record<string, unknown>) => {
  const { description, clientAuth, modificationDate, clientSecretChangedTime, ...settings } = body
  return { ...settings, clientSecretRetentionPeriodType: null, clientSecretRetentionPeriod: null }
}

for (const version of ['11.3.0.0', '12.0.0.0', '12.1.0.4', '13.1.0.1'])
  for (const sentLocations of ['ignored', 'refused'] as const)
    test(`version ${version} with locations ${sentLocations} takes it back with a new secret and nothing else changed`, async t => {
      const { sandbox, pingFederate } = await startUpstream(t)
      Object.assign(sandbox.pingFederate.settings, { version, sentLocations })
      const settings = { oidcPolicy: 'default', accessTokenManager: 'jwt', scopes: ['openid'] }
      await pingFederate.createClient(
        newClient({ ...settings, logout: 'pingaccess' }),
        clientSecret,
        operationId,
      )
      const path = '/oauth/clients/pa_wam'
      const { body: before } = await callAdminApi(sandbox, 'GET', path)
      const found = (await pingFederate.findClient('pa_wam')) ?? assert.fail()
      const saved = await pingFederate.rotateSecret(found, newSecret)
      assert.equal(findMaker(saved), rotation)
      const { body: after } = await callAdminApi(sandbox, 'GET', path)
      assert.deepEqual(settingsOf(after), settingsOf(before))
      assert.equal(after.clientAuth.secondarySecrets.length, 1)
    })

const startWithFormer = async (t: TestContext, version: string) => {
  const upstream = await startUpstream(t)
  const { sandbox, pingFederate } = upstream
  sandbox.pingFederate.settings.version = version
  const made = await pingFederate.createClient(newClient(), clientSecret, operationId)
  await pingFederate.rotateSecret(made, newSecret)
  const path = '/oauth/clients/pa_wam'
  const read = async () => (await callAdminApi(sandbox, 'GET', path)).body
  return { ...upstream, read, found: (await pingFederate.findClient('pa_wam')) ?? assert.fail() }
}

for (const [version, ...expected] of [
  ['11.3.0.0', 'PUT /oauth/clients/pa_wam'],
  ['12.1.0.4', 'PUT /oauth/clients/pa_wam'],
  ['12.3.0.0', 'DELETE /oauth/clients/pa_wam/clientAuth/clientSecret/secondarySecrets'],
  ['13.1.0.1', 'DELETE /oauth/clients/pa_wam/clientAuth/clientSecret/secondarySecrets'],
] as const)
  for (const omittedSecondarySecrets of ['dropped', 'kept'] as const)
    test(`version ${version} ends former secrets and changes nothing else, where those not sent are ${omittedSecondarySecrets}`, async t => {
      const { pingFederate, sandbox, read, found, calls } = await startWithFormer(t, version)
      sandbox.pingFederate.settings.omittedSecondarySecrets = omittedSecondarySecrets
      const before = await read()
      assert.equal(before.clientAuth.secondarySecrets.length, 1)
      const from = calls().length
      await pingFederate.endFormerSecrets(found)
      const writes = calls()
        .slice(from)
        .filter(each => !each.startsWith('GET'))
      assert.deepEqual(writes, expected)
      const after = await read()
      assert.deepEqual(after.clientAuth.secondarySecrets, [])
      assert.deepEqual(
        [after.description, after.clientSecretChangedTime, settingsOf(after)],
        [before.description, before.clientSecretChangedTime, settingsOf(before)],
      )
    })

test('a newer version that says itself that it has no such call is sent a PUT; a page in its place is not followed by one', async t => {
  const { pingFederate, sandbox, read, found } = await startWithFormer(t, '13.0.0.0')
  const path = '/oauth/clients/pa_wam/clientAuth/clientSecret/secondarySecrets'
  const answer404 = (body: unknown) =>
    sandbox.pingFederate.faults.next({
      match: { method: 'DELETE', path },
      fault: { acts: false, answer: { kind: 'status', status: 404, body } },
    })
  answer404('<html>')
  await assert.rejects(pingFederate.endFormerSecrets(found), { kind: 'unexpected' })
  assert.equal((await read()).clientAuth.secondarySecrets.length, 1)
  answer404({ resultId: 'resource_not_found', message: 'Not here.' })
  await pingFederate.endFormerSecrets(found)
  assert.deepEqual((await read()).clientAuth.secondarySecrets, [])
})

test('without the secret in force nothing is put back, because the client would lose it', () => {
  for (const clientAuth of [undefined, null, {}, { type: 'SECRET', encryptedSecret: null }])
    assert.throws(() => withoutFormerSecrets({ clientId: 'pa_wam', clientAuth }), {
      kind: 'unexpected',
      isSent: false,
    })
})
