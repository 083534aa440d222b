import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withSettings } from '../../src/pingfederate/client-fields.ts'
import { type ClientSettings, logoutModes } from '../../src/pingfederate/client-settings.ts'
import { findDifferences } from '../../src/pingfederate/differences.ts'
import type { Json } from '../../src/pingfederate/json.ts'
import { parseClient } from '../../src/pingfederate/oauth-client.ts'
import { newClient } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const version = [12, 1]

const toFound = (body: Json) => parseClient({ ...body, clientId: 'pa_wam' }) ?? assert.fail()

const differ = (client: ReturnType<typeof newClient>, body: Json, marker: string | undefined = operationId) =>
  findDifferences(toFound(body), { ...client, operationId: marker })

const settings: fc.Arbitrary<Partial<ClientSettings>> = fc.record({
  enabled: fc.boolean(),
  description: fc.option(fc.constantFrom('Shop', 'Payments portal')),
  redirectUris: fc.uniqueArray(fc.webUrl(), { minLength: 1, maxLength: 4 }),
  grantTypes: fc.constantFrom(['authorization_code'], ['authorization_code', 'refresh_token']),
  scopes: fc.option(fc.uniqueArray(fc.constantFrom('openid', 'profile', 'email'), { minLength: 1 })),
  requirePkce: fc.boolean(),
  logout: fc.constantFrom(...logoutModes),
  oidcPolicy: fc.option(fc.constant('default')),
  accessTokenManager: fc.option(fc.constant('jwt')),
} as { [Name in keyof ClientSettings]?: fc.Arbitrary<ClientSettings[Name]> })

/** What a server fills in by itself around what was sent, in the ways that directories and newer versions do. */
const filled = fc.record({
  lists: fc.constantFrom<unknown>([], null, undefined),
  link: fc.constantFrom<unknown>({}, null, undefined),
  unit: fc.constantFrom<unknown>('', null, 'SERVER_DEFAULT'),
  isShuffled: fc.boolean(),
})

const fill = (body: Json, { lists, link, unit, isShuffled }: Record<string, unknown>): Json => {
  const { oidcPolicy, restrictedScopes, restrictScopes, ...others } = body as Record<string, unknown>
  const all: Record<string, unknown> = {
    enabled: true,
    requireProofKeyForCodeExchange: false,
    defaultAccessTokenManagerRef: link,
    exclusiveScopes: lists,
    refreshRolling: unit,
    persistentGrantExpirationTimeUnit: unit,
    restrictScopes: restrictScopes ?? false,
    restrictedScopes: restrictedScopes ?? lists,
    modificationDate: '2026-01-01T00:00:00.000Z',
    ...others,
    oidcPolicy: { policyGroup: link, logoutUris: lists, ...(oidcPolicy as object | undefined) },
  }
  if (!isShuffled) return all
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, Array.isArray(value) ? value.toReversed() : value]),
  )
}

test('a client that nobody has touched does not differ, whatever PingFederate has filled in, in whatever order', () => {
  fc.assert(
    fc.property(settings, filled, (chosen, ways) => {
      const client = newClient(chosen)
      const body = withSettings({}, client, { operationId, version })
      assert.deepEqual(differ(client, fill(body, ways)), [])
    }),
    { numRuns: 1_000 },
  )
})

const changed: [Json, string, unknown, unknown][] = [
  [{ name: 'Other' }, '/name', 'PingAccessWebAccessManagement', 'Other'],
  [{ enabled: false }, '/enabled', true, false],
  [
    { redirectUris: ['https://evil.example/cb'] },
    '/redirectUris',
    ['https://mypingaccessserver:3000/pa/oidc/cb'],
    ['https://evil.example/cb'],
  ],
  [{ bypassApprovalPage: false }, '/bypassAuthorizationApproval', true, false],
  [
    { grantTypes: ['IMPLICIT', 'AUTHORIZATION_CODE'] },
    '/grantTypes',
    ['authorization_code'],
    ['implicit', 'authorization_code'],
  ],
  [{ restrictScopes: true, restrictedScopes: ['x'] }, '/scopes', null, ['x']],
  [{ requireProofKeyForCodeExchange: true }, '/requirePkce', false, true],
  [{ defaultAccessTokenManagerRef: { id: 'other' } }, '/accessTokenManager', null, 'other'],
  [{ oidcPolicy: { policyGroup: { id: 'other' } } }, '/oidcPolicy', null, 'other'],
  [{ oidcPolicy: { logoutMode: 'OIDC_BACK_CHANNEL' } }, '/logout', 'none', 'oidc_back_channel'],
]

for (const [edit, pointer, expected, actual] of changed)
  test(`what somebody has set is found and named by field: ${pointer}`, () => {
    const client = newClient()
    const body = withSettings({}, client, { operationId, version })
    assert.deepEqual(differ(client, { ...body, ...edit }), [{ pointer, expected, actual }])
  })

test('every managed field is among those', () => {
  const client = newClient({ description: 'Shop' })
  const names = differ(client, { description: 'x', enabled: false }).map(({ pointer }) => pointer)
  const found = new Set([...names, ...changed.map(([, pointer]) => pointer)])
  const { pingAccessUrls, callbackUnder, otherRedirectUris, refreshTokens, ...managed } = client.settings
  assert.deepEqual(found, new Set(['/name', ...Object.keys(managed).map(name => `/${name}`)]))
})

test('a marker that is gone, or another one, is shown in the description; where none was left none is missed', () => {
  const client = newClient()
  const body = withSettings({}, client, { operationId, version })
  const marked = `Web session client of payments [web-session-clients ${operationId}]`
  const gone = { ...body, description: 'Web session client of payments' }
  assert.deepEqual(differ(client, gone), [
    { pointer: '/description', expected: marked, actual: 'Web session client of payments' },
  ])
  const other = marked.replace('7e10', '7e11')
  assert.deepEqual(differ(client, { ...body, description: other }), [
    { pointer: '/description', expected: marked, actual: other },
  ])
  assert.deepEqual(findDifferences(toFound(gone), { ...client, operationId: undefined }), [])
})

test('a token that somebody has written into a client is not shown', () => {
  const client = newClient()
  const body = {
    ...withSettings({}, client, { operationId, version }),
    name: 'x eyJhbGciOiJIUzI1NiJ9.secret',
  }
  assert.deepEqual(
    differ(client, body).map(({ actual }) => actual),
    ['x [masked]'],
  )
})
