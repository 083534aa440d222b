import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { type AdminAnswer, callAdminApi, paWam } from '../call-admin-api.ts'

const start = Date.parse('2026-01-01T00:00:00.000Z')
let now = start
const sandbox = await createSandbox({ audience: 'test', now: () => new Date(now) })
const call = (method: string, path: string, body?: unknown) => callAdminApi(sandbox, method, path, body)

beforeEach(async () => {
  now = start
  for (const { clientId } of sandbox.pingFederate.clients())
    await call('DELETE', `/oauth/clients/${clientId}`)
})
after(() => sandbox.close())

test("201 for the manual's client, with every default that PingFederate fills in and no secret", async () => {
  const { status, body } = await call('POST', '/oauth/clients', paWam)
  assert.equal(status, 201)
  assert.equal(body.enabled, true)
  assert.equal(body.refreshRolling, 'SERVER_DEFAULT')
  assert.equal(body.persistentGrantExpirationTimeUnit, 'DAYS')
  assert.deepEqual(body.restrictedScopes, [])
  assert.equal(body.oidcPolicy.logoutMode, 'NONE')
  assert.equal(body.creationDate, '2026-01-01T00:00:00.000Z')
  assert.equal(body.clientSecretChangedTime, '2026-01-01T00:00:00.000Z')
  assert.ok(Object.keys(body).length >= 40)
  assert.ok(!JSON.stringify(body).includes(paWam.clientAuth.secret))
})

test('422 when the client id is taken, and the first client stays as it was', async () => {
  await call('POST', '/oauth/clients', paWam)
  const { status, body } = await call('POST', '/oauth/clients', { ...paWam, name: 'other' })
  assert.equal(status, 422)
  assert.equal(body.resultId, 'validation_error')
  assert.deepEqual(fieldPaths(body), ['clientId'])
  assert.equal(sandbox.pingFederate.clients()[0]?.name, paWam.name)
})

test('422 names everything that is wrong at once, and nothing is created', async () => {
  const { status, body } = await call('POST', '/oauth/clients', {
    clientId: 'pa_wam',
    grantTypes: ['AUTHORIZATION_CODE', 'MAGIC'],
    clientAuth: { type: 'SECRET' },
    redirectUris: ['not a uri'],
    restrictedScopes: ['unheard-of'],
    defaultAccessTokenManagerRef: { id: 'unheard-of' },
    oidcPolicy: { policyGroup: { id: 'unheard-of' }, logoutMode: 'MAYBE' },
    clientSecretRetentionPeriodType: 'OVERRIDE_SERVER_DEFAULT',
  })
  assert.equal(status, 422)
  assert.deepEqual(fieldPaths(body).sort(), [
    'clientAuth.secret',
    'clientSecretRetentionPeriod',
    'defaultAccessTokenManagerRef.id',
    'grantTypes[1]',
    'name',
    'oidcPolicy.logoutMode',
    'oidcPolicy.policyGroup.id',
    'redirectUris[0]',
    'restrictedScopes',
    'restrictedScopes[0]',
  ])
  assert.deepEqual(sandbox.pingFederate.clients(), [])
})

for (const [what, change, fieldPath] of [
  ['authorization code without a redirect URI', { redirectUris: [] }, 'redirectUris'],
  ['no grant type', { grantTypes: [] }, 'grantTypes'],
  ['a grant type twice', { grantTypes: ['AUTHORIZATION_CODE', 'AUTHORIZATION_CODE'] }, 'grantTypes'],
  ['a blank name', { name: ' ' }, 'name'],
  [
    'a certificate without its subject',
    { clientAuth: { type: 'CERTIFICATE', clientCertIssuerDn: 'CN=a' } },
    'clientAuth.clientCertSubjectDn',
  ],
  ['private_key_jwt without keys', { clientAuth: { type: 'PRIVATE_KEY_JWT' } }, 'jwksSettings'],
  ['an exclusive scope that does not exist', { exclusiveScopes: ['x'] }, 'exclusiveScopes[0]'],
  ['a negative retention period', { clientSecretRetentionPeriod: -1 }, 'clientSecretRetentionPeriod'],
  ...(
    [
      ['without its end', { secret: 'old' }, 'expiryTime'],
      ['with an end that is no time', { secret: 'old', expiryTime: 'soon' }, 'expiryTime'],
      ['without a secret', { expiryTime: '2027-01-01T00:00:00.000Z' }, 'secret'],
    ] as const
  ).map(
    ([what, secondary, field]) =>
      [
        `a secondary secret ${what}`,
        { clientAuth: { ...paWam.clientAuth, secondarySecrets: [secondary] } },
        `clientAuth.secondarySecrets[0].${field}`,
      ] as const,
  ),
  [
    'an encrypted secret that is not one',
    { clientAuth: { type: 'SECRET', encryptedSecret: 'x' } },
    'clientAuth.encryptedSecret',
  ],
] as const) {
  test(`422 for ${what}`, async () => {
    const { status, body } = await call('POST', '/oauth/clients', { ...paWam, ...change })
    assert.equal(status, 422)
    assert.deepEqual(fieldPaths(body), [fieldPath])
  })
}

for (const [what, body] of [
  ['unreadable JSON', '{"clientId":'],
  ['a field that this version does not know', { ...paWam, clientAuthentication: {} }],
  ['a string for a boolean', { ...paWam, bypassApprovalPage: 'true' }],
  ['an array for an object', [paWam]],
] as const) {
  test(`400 for ${what}`, async () => {
    assert.equal((await call('POST', '/oauth/clients', body)).status, 400)
    assert.deepEqual(sandbox.pingFederate.clients(), [])
  })
}

test('201 when fields are null: they count as absent', async () => {
  const body = { ...paWam, description: null, oidcPolicy: { policyGroup: null } }
  assert.equal((await call('POST', '/oauth/clients', body)).status, 201)
})

test('200 for a replacement: what is not sent falls back to its default', async () => {
  await call('POST', '/oauth/clients', {
    ...paWam,
    description: 'first',
    requireProofKeyForCodeExchange: true,
  })
  now += 1000
  const { status, body } = await call('PUT', '/oauth/clients/pa_wam', { ...paWam, name: 'renamed' })
  assert.equal(status, 200)
  assert.equal(body.name, 'renamed')
  assert.equal(body.description, undefined)
  assert.equal(body.requireProofKeyForCodeExchange, false)
  assert.equal(body.creationDate, '2026-01-01T00:00:00.000Z')
  assert.equal(body.modificationDate, '2026-01-01T00:00:01.000Z')
})

test('201 and 200 ignore what only PingFederate can say', async () => {
  const claimed = {
    creationDate: '2001-01-01T00:00:00.000Z',
    modificationDate: '',
    replicationStatus: 'REPLICATED',
  }
  const created = await call('POST', '/oauth/clients', { ...paWam, ...claimed })
  assert.equal(created.status, 201)
  const { body } = await call('PUT', '/oauth/clients/pa_wam', {
    ...paWam,
    ...claimed,
    clientSecretChangedTime: '',
  })
  assert.deepEqual({ ...body, clientAuth: undefined }, { ...created.body, clientAuth: undefined })
  assert.equal(body.creationDate, '2026-01-01T00:00:00.000Z')
  assert.equal(body.replicationStatus, undefined)
})

test("200 for a replacement with another client id in its body: the path's id counts", async () => {
  await call('POST', '/oauth/clients', paWam)
  const { body } = await call('PUT', '/oauth/clients/pa_wam', { ...paWam, clientId: 'other' })
  assert.equal(body.clientId, 'pa_wam')
  assert.deepEqual(
    sandbox.pingFederate.clients().map(({ clientId }) => clientId),
    ['pa_wam'],
  )
})

test('200 for a client whose id is percent-encoded in the path', async () => {
  await call('POST', '/oauth/clients', { ...paWam, clientId: 'a/b c' })
  assert.equal((await call('GET', '/oauth/clients/a%2Fb%20c')).body.clientId, 'a/b c')
  assert.equal((await call('DELETE', '/oauth/clients/a%2Fb%20c')).status, 204)
})

test('204 for a deletion, 404 for everything about the client afterwards', async () => {
  await call('POST', '/oauth/clients', paWam)
  assert.equal((await call('DELETE', '/oauth/clients/pa_wam')).status, 204)
  for (const [method, path, body] of [
    ['GET', '/oauth/clients/pa_wam', undefined],
    ['PUT', '/oauth/clients/pa_wam', paWam],
    ['DELETE', '/oauth/clients/pa_wam', undefined],
    ['GET', '/oauth/clients/pa_wam/clientAuth/clientSecret', undefined],
    ['PUT', '/oauth/clients/pa_wam/clientAuth/clientSecret', { secret: 'x' }],
  ] as const) {
    const answer = await call(method, path, body)
    assert.equal(answer.status, 404)
    assert.equal(answer.body.resultId, 'resource_not_found')
  }
})

test('200 for a list: pages from 1, everything without a page size, a filter over id and name in any case', async () => {
  for (const clientId of ['a1', 'a2', 'b1'])
    await call('POST', '/oauth/clients', { ...paWam, clientId, name: `${clientId} Shop` })
  await call('POST', '/oauth/clients', { ...paWam, clientId: 'c1' })
  assert.deepEqual(ids(await call('GET', '/oauth/clients')), ['a1', 'a2', 'b1', 'c1'])
  assert.deepEqual(ids(await call('GET', '/oauth/clients?page=2&numberPerPage=3')), ['c1'])
  assert.deepEqual(ids(await call('GET', '/oauth/clients?page=3&numberPerPage=3')), [])
  assert.deepEqual(ids(await call('GET', '/oauth/clients?filter=SHOP&numberPerPage=2&page=1')), ['a1', 'a2'])
  assert.deepEqual(ids(await call('GET', '/oauth/clients?filter=C1')), ['c1'])
})

test('422 for a page that is not a positive integer', async () => {
  const { status, body } = await call('GET', '/oauth/clients?page=0&numberPerPage=many')
  assert.equal(status, 422)
  assert.deepEqual(fieldPaths(body), ['page', 'numberPerPage'])
})

test('422 for the id of a client that the issuer itself uses', async () => {
  assert.equal((await call('POST', '/oauth/clients', { ...paWam, clientId: 'portal' })).status, 422)
})

test('405 for a method, 404 for a path that the admin API does not have', async () => {
  const answer = await call('PATCH', '/oauth/clients')
  assert.equal(answer.status, 405)
  assert.equal(answer.headers.get('allow'), 'GET, POST')
  assert.equal((await call('GET', '/oauth/nothing')).status, 404)
  assert.equal((await call('GET', '/oauth/clients/%zz')).status, 400)
})

function fieldPaths(body: AdminAnswer['body']): string[] {
  return body.validationErrors.map(({ fieldPath }: { fieldPath: string }) => fieldPath)
}

function ids({ body }: AdminAnswer): string[] {
  return body.items.map(({ clientId }: { clientId: string }) => clientId)
}
