import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toRequestPointer, toSettings, withSettings } from '../../src/pingfederate/client-fields.ts'
import {
  type ClientSettings,
  grantTypes,
  logoutModes,
  type NewClient,
} from '../../src/pingfederate/client-settings.ts'
import type { Json } from '../../src/pingfederate/json.ts'
import { CreateWebSessionClient } from '../../src/web-session-clients/schema.ts'
import { clientSecret, newClient, startUpstream } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const versions = [
  [11, 2, 9, 1],
  [11, 3],
  [12, 0, 0, 0],
  [13, 1, 0, 1],
]
const team = 'payments'

const fullest = newClient({
  description: 'Shop',
  grantTypes: ['authorization_code', 'refresh_token'],
  scopes: ['openid', 'profile'],
  requirePkce: true,
  logout: 'pingaccess',
  refreshTokens: true,
  oidcPolicy: 'default',
  accessTokenManager: 'jwt',
})

const write = (
  client: NewClient,
  { body = {}, version = [13, 1] }: { body?: Json; version?: number[] } = {},
) => withSettings(body, client, { operationId, version })

/** What of the settings stands in PingFederate. */
const toManaged = ({ name, settings }: NewClient) => {
  const { pingAccessUrls, callbackUnder, otherRedirectUris, refreshTokens, ...managed } = settings
  return { name, ...managed }
}

const text = fc.string({ unit: 'binary', minLength: 1 })
const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)
const orNone = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null })
const settings: fc.Arbitrary<Partial<ClientSettings>> = fc.record({
  enabled: fc.boolean(),
  description: orNone(text),
  redirectUris: fc.array(fc.webUrl()),
  grantTypes: fc.subarray([...grantTypes]),
  bypassAuthorizationApproval: fc.boolean(),
  scopes: orNone(fc.array(text)),
  requirePkce: fc.boolean(),
  logout: fc.constantFrom(...logoutModes),
  oidcPolicy: orNone(id),
  accessTokenManager: orNone(id),
})
const client = fc
  .record({ name: text, team: text, settings })
  .map(({ settings: others, ...identity }): NewClient => ({ ...newClient(others), ...identity }))
const version = fc.constantFrom(...versions)

test('what is written for any settings is read as these settings, in every version', () => {
  fc.assert(
    fc.property(client, version, (each, to) => {
      assert.deepEqual(toSettings(write(each, { version: to }), each), toManaged(each))
    }),
  )
})

test('what PingFederate answers of a client that was made is read as the settings it was made with', async t => {
  const { pingFederate } = await startUpstream(t)
  for (const each of [newClient({}, 'smallest'), { ...fullest, clientId: 'fullest' }]) {
    const { raw } = await pingFederate.createClient(each, clientSecret, operationId)
    assert.deepEqual(toSettings(raw.reveal(), each), toManaged(each))
  }
})

test('a description equal to the one sent for none is read as none; of two markers only the last is removed', () => {
  const marked = '[web-session-clients 01937b4e-6c1a-7c3e-9d53-000000000000]'
  for (const [description, read] of [
    ['Web session client of payments', null],
    ['Web session client of shop', 'Web session client of shop'],
    [marked, marked],
    [`Shop ${marked}`, `Shop ${marked}`],
  ] as const)
    assert.equal(toSettings(write(newClient({ description })), { team }).description, read)
})

test('a description is read without its marker; one that is missing, empty or no text is none', () => {
  const marker = `[web-session-clients ${operationId}]`
  for (const [description, read] of [
    [`Shop ${marker}`, 'Shop'],
    [marker, null],
    ['', null],
    [null, null],
    [7, null],
  ] as const)
    assert.equal(toSettings({ description }, { team }).description, read)
})

/** What a client has that says nothing of the managed fields. */
const unsaid = {
  name: '',
  description: null,
  enabled: true,
  redirectUris: [],
  bypassAuthorizationApproval: false,
  grantTypes: [],
  scopes: null,
  requirePkce: false,
  accessTokenManager: null,
  oidcPolicy: null,
  logout: 'none',
}

test('what PingFederate leaves out, or fills with nulls and empty values, has PingFederate’s default', () => {
  const nulls = Object.fromEntries(Object.keys(write(fullest)).map(name => [name, null]))
  for (const body of [
    {},
    nulls,
    { oidcPolicy: 'text', defaultAccessTokenManagerRef: 'jwt', redirectUris: {}, restrictScopes: 'true' },
    { defaultAccessTokenManagerRef: {}, oidcPolicy: { policyGroup: {}, logoutMode: '' } },
    { oidcPolicy: { policyGroup: { id: '' }, logoutMode: null, pingAccessLogoutCapable: null } },
    { restrictScopes: false, restrictedScopes: ['left', 'over'] },
    { oidcPolicy: { logoutMode: 'NONE', pingAccessLogoutCapable: false } },
  ])
    assert.deepEqual(toSettings(body, { team }), unsaid, JSON.stringify(body))
})

test('a client is off where PingFederate says so, and being on is its default, which is not sent', () => {
  assert.equal(toSettings({ enabled: false }, { team }).enabled, false)
  const written = (enabled: boolean, body: Json = {}) => write(newClient({ enabled }), { body })['enabled']
  assert.deepEqual([written(true), written(false)], [undefined, false])
  assert.deepEqual([written(true, { enabled: false }), written(true, { enabled: true })], [undefined, true])
})

test('a grant type or logout mode that cannot be set here is read as PingFederate’s own word, in small letters', () => {
  const body = {
    grantTypes: ['IMPLICIT', 'AUTHORIZATION_CODE'],
    oidcPolicy: { logoutMode: 'OIDC_BACK_CHANNEL' },
    restrictScopes: true,
    restrictedScopes: null,
  }
  const read = { grantTypes: ['implicit', 'authorization_code'], logout: 'oidc_back_channel', scopes: [] }
  assert.deepEqual(toSettings(body, { team }), { ...unsaid, ...read })
})

test('single logout is read from the mode, and from the older switch where there is no mode', () => {
  for (const [pingAccessLogoutCapable, logoutMode, read] of [
    [true, undefined, 'pingaccess'],
    [true, null, 'pingaccess'],
    [undefined, 'PING_FRONT_CHANNEL', 'pingaccess'],
    [false, 'PING_FRONT_CHANNEL', 'pingaccess'],
    [true, 'NONE', 'none'],
    [false, undefined, 'none'],
  ] as const)
    assert.equal(
      toSettings({ oidcPolicy: { pingAccessLogoutCapable, logoutMode } }, { team }).logout,
      read,
      `${pingAccessLogoutCapable} ${logoutMode}`,
    )
})

/** As PingFederate answers it: with fields that are not managed here, and defaults in its own words. */
const answered = {
  clientId: 'pa_wam',
  somethingNew: { of: ['a', 'later', 'version'] },
  name: 'Former name',
  description: null,
  clientAuth: { type: 'SECRET', encryptedSecret: 'OBF:JWE:x', secondarySecrets: [] },
  grantTypes: ['AUTHORIZATION_CODE'],
  oidcPolicy: { grantAccessSessionRevocationApi: true, policyGroup: {}, logoutMode: 'NONE' },
  restrictScopes: false,
  restrictedScopes: [],
  bypassApprovalPage: false,
  redirectUris: null,
  defaultAccessTokenManagerRef: { id: 'former', location: 'https://pf/oauth/accessTokenManagers/former' },
}

test('written into an answered client, managed fields change in their places, and all else stays', () => {
  const { defaultAccessTokenManagerRef, ...others } = answered
  const expected = { ...others, ...write(newClient()) }
  assert.equal(JSON.stringify(write(newClient(), { body: answered })), JSON.stringify(expected))
})

test('any settings can be written over any others: they are read again, and what is not managed is as before', () => {
  const { clientId, somethingNew, clientAuth } = answered
  fc.assert(
    fc.property(client, client, version, (one, other, to) => {
      const body = write(other, { body: write(one, { body: answered, version: to }), version: to })
      assert.deepEqual(toSettings(body, other), toManaged(other))
      const { oidcPolicy } = body as { oidcPolicy: Json }
      assert.deepEqual(
        [
          body['clientId'],
          body['somethingNew'],
          body['clientAuth'],
          oidcPolicy['grantAccessSessionRevocationApi'],
        ],
        [clientId, somethingNew, clientAuth, true],
      )
    }),
  )
})

test('every field that is sent is traced to one of a request, but for the one that no caller can set', () => {
  const { bypassApprovalPage, oidcPolicy, ...others } = write(fullest)
  const paths = [...Object.keys(others), ...Object.keys(oidcPolicy as Json).map(name => `oidcPolicy.${name}`)]
  for (const path of paths) {
    const [, field = ''] = toRequestPointer(path)?.split('/') ?? []
    assert.ok(field in CreateWebSessionClient.properties, path)
  }
})

test('every field that a request can set is traced back to it', () => {
  for (const [fieldPath, pointer] of [
    ['clientId', '/clientId'],
    ['name', '/name'],
    ['description', '/description'],
    ['redirectUris', '/pingAccessUrls'],
    ['redirectUris[0]', '/pingAccessUrls'],
    ['redirectUris[x]', '/pingAccessUrls'],
    ['restrictedScopes[1]', '/scopes'],
    ['restrictScopes', '/scopes'],
    ['requireProofKeyForCodeExchange', '/requirePkce'],
    ['defaultAccessTokenManagerRef.id', '/accessTokenManager'],
    ['grantTypes[0]', '/refreshTokens'],
    ['oidcPolicy', '/oidcPolicy'],
    ['oidcPolicy.policyGroup.id', '/oidcPolicy'],
    ['oidcPolicy.pingAccessLogoutCapable', '/logout'],
    ['oidcPolicy.logoutMode', '/logout'],
    ['oidcPolicy.logoutUris[0]', '/logout'],
    ['oidcPolicy.somethingNew', '/oidcPolicy'],
  ] as const)
    assert.equal(toRequestPointer(fieldPath), pointer, fieldPath)
})

test('a redirect URI is traced to the PingAccess URL it comes from, however PingFederate writes its place', () => {
  const { settings: sent } = newClient({
    pingAccessUrls: ['https://a.example.com/shop', 'https://a.example.com/cart', 'https://b'],
    redirectUris: ['https://a.example.com/cb', 'https://b/cb'],
    callbackUnder: 'host',
  })
  assert.deepEqual(
    ['[0]', '[1].value', '.1', '[2]', '[x]', ''].map(at => toRequestPointer(`redirectUris${at}`, sent)),
    [
      ...['/pingAccessUrls/0', '/pingAccessUrls/2', '/pingAccessUrls/2'],
      ...['/pingAccessUrls', '/pingAccessUrls', '/pingAccessUrls'],
    ],
  )
})

test('a field that is none of the caller’s has no pointer, whatever it is called', () => {
  for (const fieldPath of [
    undefined,
    '',
    'clientAuth.secret',
    'bypassApprovalPage',
    '[0]',
    '.',
    'constructor',
    'toString',
    '__proto__',
  ])
    assert.equal(toRequestPointer(fieldPath), undefined, fieldPath)
  assert.equal(toRequestPointer('oidcPolicy.constructor'), '/oidcPolicy')
  assert.equal(toRequestPointer('oidcPolicy.__proto__'), '/oidcPolicy')
})
