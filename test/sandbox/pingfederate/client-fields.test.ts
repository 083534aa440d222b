import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { type AdminAnswer, callAdminApi, paWam } from '../call-admin-api.ts'

const sandbox = await createSandbox({ audience: 'test' })
const { settings } = sandbox.pingFederate
after(() => sandbox.close())

beforeEach(async () => {
  Object.assign(settings, { version: '12.1.0.4', sentLocations: 'ignored' })
  await callAdminApi(sandbox, 'DELETE', '/oauth/clients/pa_wam')
})

const read = async () => (await callAdminApi(sandbox, 'GET', '/oauth/clients/pa_wam')).body
const create = (fields: object) => callAdminApi(sandbox, 'POST', '/oauth/clients', { ...paWam, ...fields })
const replace = (body: object) => callAdminApi(sandbox, 'PUT', '/oauth/clients/pa_wam', body)

const cibaFields = ({ body }: Pick<AdminAnswer, 'body'>) =>
  Object.entries(body).filter(([name]) => name.startsWith('ciba'))

test('201 without any field of CIBA for a client without its grant, whatever was sent', async () => {
  assert.deepEqual(cibaFields(await create({ cibaDeliveryMode: 'PING', cibaPollingInterval: 1 })), [])
  assert.deepEqual(cibaFields({ body: await read() }), [])
})

test('200 with the fields of CIBA as long as the client has its grant', async () => {
  await create({})
  const sent = { cibaDeliveryMode: 'PING', cibaNotificationEndpoint: 'https://example.com' }
  const grantTypes = [...paWam.grantTypes, 'CIBA']
  const answer = await replace({ ...paWam, grantTypes, ...sent })
  assert.deepEqual(Object.fromEntries(cibaFields(answer)), {
    ...sent,
    cibaPollingInterval: 3,
    cibaRequireSignedRequests: false,
    cibaUserCodeSupported: false,
  })
  assert.deepEqual(cibaFields(await replace({ ...paWam, ...sent })), [])
})

test('201 for a client restricted to openid where no administrator has listed it', async t => {
  const { scopes } = settings
  settings.scopes = ['profile']
  t.after(() => Object.assign(settings, { scopes }))
  const { status, body } = await create({ restrictScopes: true, restrictedScopes: ['openid'] })
  assert.equal(status, 201)
  assert.deepEqual(body.restrictedScopes, ['openid'])
})

for (const algorithm of ['HS256', 'HS384', 'HS512']) {
  test(`201 for ${algorithm} with a secret shorter than its hash`, async () => {
    const { status } = await create({
      oidcPolicy: { idTokenSigningAlgorithm: algorithm },
      clientAuth: { type: 'SECRET', secret: 'mySecretValue' },
    })
    assert.equal(status, 201)
  })
}

test('201 with policyGroup {} for no policy, which a PUT may send back', async () => {
  const { status, body } = await create({ oidcPolicy: { policyGroup: {} } })
  assert.equal(status, 201)
  assert.deepEqual(body.oidcPolicy.policyGroup, {})
  assert.equal((await replace(body)).status, 200)
  assert.deepEqual((await read()).oidcPolicy.policyGroup, {})
  assert.equal(sandbox.pingFederate.clients()[0]?.oidcPolicy.policyGroup, undefined)
})

const linking = {
  defaultAccessTokenManagerRef: { id: 'jwt' },
  requestPolicyRef: { id: 'a policy' },
  tokenExchangeProcessorPolicyRef: { id: 'processor' },
  oidcPolicy: { policyGroup: { id: 'default' } },
}
const linksOf = (client: AdminAnswer['body']) => [
  client.defaultAccessTokenManagerRef,
  client.requestPolicyRef,
  client.tokenExchangeProcessorPolicyRef,
  client.oidcPolicy.policyGroup,
]

test('201 with the location of every link, and 200 when they all come back', async () => {
  const { body } = await create(linking)
  assert.deepEqual(
    linksOf(body).map(({ id }) => id),
    ['jwt', 'a policy', 'processor', 'default'],
  )
  const base = 'https://pingfederate.example.com:9999/pf-admin-api/v1/oauth'
  assert.deepEqual(
    linksOf(body).map(({ location }) => location),
    [
      `${base}/accessTokenManagers/jwt`,
      `${base}/cibaServerPolicy/requestPolicies/a%20policy`,
      `${base}/tokenExchange/processor/policies/processor`,
      `${base}/openIdConnect/policies/default`,
    ],
  )
  assert.equal((await replace(body)).status, 200)
  assert.deepEqual(linksOf(await read()), linksOf(body))
})

test('400 for the location of a link where the installation is set to refuse it, and nothing changes', async () => {
  const { body } = await create(linking)
  settings.sentLocations = 'refused'
  for (const client of [
    { ...paWam, name: 'new', defaultAccessTokenManagerRef: body.defaultAccessTokenManagerRef },
    { ...paWam, name: 'new', oidcPolicy: { policyGroup: body.oidcPolicy.policyGroup } },
  ]) {
    const answer = await replace(client)
    assert.equal(answer.status, 400)
    assert.match(answer.body.message, /location/)
  }
  assert.equal((await read()).name, paWam.name)
  assert.equal((await replace({ ...paWam, ...linking })).status, 200)
})

const byVersion = [
  ['12.0.0.0', { oidcPolicy: { postLogoutRedirectUris: ['https://example.com'] } }, '11.3.0.0'],
  ['12.1.0.4', { enableCookielessAuthenticationApi: true }, '12.0.0.0'],
  ['12.1.0.4', { refreshTokenRollingIntervalTimeUnit: 'MINUTES' }, '12.0.0.0'],
  ['12.1.0.4', { requireOfflineAccessScopeToIssueRefreshTokens: 'YES' }, '12.0.0.0'],
  ['12.1.0.4', { offlineAccessRequireConsentPrompt: 'YES' }, '12.0.0.0'],
  ['13.0.0.0', { lockoutMaxMaliciousActionsType: 'DO_NOT_LOCKOUT' }, '12.1.0.4'],
  [
    '13.1.3.0',
    { lockoutMaxMaliciousActionsType: 'OVERRIDE_SERVER_DEFAULT', lockoutMaxMaliciousActions: 3 },
    '12.1.0.4',
  ],
  ['13.1.3.0', { oidcPolicy: { userInfoResponseSigningAlgorithm: 'RS256' } }, '12.1.0.4'],
  ['13.1.3.0', { oidcPolicy: { userInfoResponseEncryptionAlgorithm: 'RSA_OAEP' } }, '12.1.0.4'],
  ['13.1.3.0', { oidcPolicy: { userInfoResponseContentEncryptionAlgorithm: 'AES_128_GCM' } }, '12.1.0.4'],
] as const

for (const [version, fields, before] of byVersion) {
  test(`201 for ${JSON.stringify(fields)} with ${version}; 400 with ${before}, which answers none of it`, async () => {
    settings.version = version
    const { status, body } = await create(fields)
    assert.equal(status, 201)
    assert.partialDeepStrictEqual(body, fields)
    settings.version = before
    assert.equal((await replace({ ...paWam, ...fields })).status, 400)
    const older = await read()
    for (const [name, value] of Object.entries(fields)) {
      if (name !== 'oidcPolicy') assert.equal(older[name], undefined)
      else for (const each of Object.keys(value)) assert.equal(older.oidcPolicy[each], undefined)
    }
    assert.equal((await replace(older)).status, 200)
  })
}

test('201 with the default of a field only where the version has the field', async () => {
  assert.equal((await create({})).body.lockoutMaxMaliciousActionsType, undefined)
  assert.equal(sandbox.pingFederate.clients()[0]?.lockoutMaxMaliciousActionsType, undefined)
  settings.version = '13.1.3.0'
  assert.equal((await read()).lockoutMaxMaliciousActionsType, 'SERVER_DEFAULT')
})
