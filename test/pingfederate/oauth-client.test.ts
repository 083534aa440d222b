import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import pino from 'pino'
import {
  findMaker,
  parseClient,
  parseClients,
  toPingFederateClient,
} from '../../src/pingfederate/oauth-client.ts'
import { clientSecret, newClient } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
type Settings = Parameters<typeof newClient>[0]

const toBody = (settings?: Settings, version: readonly number[] = []) =>
  toPingFederateClient({ client: newClient(settings), secret: clientSecret, operationId, version })

const smallest = {
  clientId: 'pa_wam',
  name: 'PingAccessWebAccessManagement',
  description: `Web session client of payments [web-session-clients ${operationId}]`,
  clientAuth: { type: 'SECRET', secret: clientSecret.reveal() },
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
  bypassApprovalPage: true,
  grantTypes: ['AUTHORIZATION_CODE'],
}

test('the smallest client is the manual’s six fields and the marked description', () => {
  assert.deepEqual(toBody(), smallest)
})

test('each optional setting adds its own fields and nothing else', () => {
  const cases: [Settings, object][] = [
    [{ scopes: ['openid', 'profile'] }, { restrictScopes: true, restrictedScopes: ['openid', 'profile'] }],
    [{ requirePkce: true }, { requireProofKeyForCodeExchange: true }],
    [{ accessTokenManager: 'jwt' }, { defaultAccessTokenManagerRef: { id: 'jwt' } }],
    [{ oidcPolicy: 'default' }, { oidcPolicy: { policyGroup: { id: 'default' } } }],
    [{ logout: 'pingaccess' }, { oidcPolicy: { pingAccessLogoutCapable: true } }],
    [
      { logout: 'pingaccess', oidcPolicy: 'default' },
      { oidcPolicy: { policyGroup: { id: 'default' }, pingAccessLogoutCapable: true } },
    ],
    [
      { grantTypes: ['authorization_code', 'refresh_token'], refreshTokens: true },
      { grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'] },
    ],
    [{ description: 'Shop' }, { description: `Shop [web-session-clients ${operationId}]` }],
  ]
  for (const [settings, fields] of cases) assert.deepEqual(toBody(settings), { ...smallest, ...fields })
})

test('the fullest client is sent in the order of the manual’s steps, byte for byte', () => {
  const body = toBody(
    {
      description: 'Shop',
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'profile'],
      requirePkce: true,
      logout: 'pingaccess',
      refreshTokens: true,
      oidcPolicy: 'default',
      accessTokenManager: 'jwt',
    },
    [11, 3],
  )
  const expected = [
    '"clientId":"pa_wam"',
    '"name":"PingAccessWebAccessManagement"',
    `"description":"Shop [web-session-clients ${operationId}]"`,
    `"clientAuth":{"type":"SECRET","secret":"${clientSecret.reveal()}"}`,
    '"redirectUris":["https://mypingaccessserver:3000/pa/oidc/cb"]',
    '"bypassApprovalPage":true',
    '"grantTypes":["AUTHORIZATION_CODE","REFRESH_TOKEN"]',
    '"restrictScopes":true',
    '"restrictedScopes":["openid","profile"]',
    '"requireProofKeyForCodeExchange":true',
    '"defaultAccessTokenManagerRef":{"id":"jwt"}',
    '"oidcPolicy":{"policyGroup":{"id":"default"},"pingAccessLogoutCapable":true,"logoutMode":"PING_FRONT_CHANNEL"}',
  ]
  assert.equal(JSON.stringify(body), `{${expected.join()}}`)
})

for (const [version, isSent] of [
  [[10, 3, 9], false],
  [[11, 2, 7], false],
  [[11, 3], true],
  [[11, 10, 0], true],
  [[12, 0], true],
  [[13, 1, 0, 2], true],
  [[], false],
] as const) {
  test(`logoutMode is ${isSent ? 'sent' : 'not sent'} to version ${version.join('.') || 'unknown'}`, () => {
    const { oidcPolicy } = toBody({ logout: 'pingaccess' }, version) as { oidcPolicy: object }
    assert.equal('logoutMode' in oidcPolicy, isSent)
    assert.ok('pingAccessLogoutCapable' in oidcPolicy)
  })
}

test('a client is ours only with the marker of that very operation at the end of its description', () => {
  const isOurs = (description: string) => findMaker({ description }) === operationId
  assert.ok(isOurs(smallest.description))
  assert.ok(isOurs(`[web-session-clients ${operationId}]`))
  for (const description of [
    '',
    operationId,
    smallest.description.toUpperCase(),
    `${smallest.description} edited`,
    smallest.description.replace('0193', '0194'),
    smallest.description.slice(0, -1),
  ])
    assert.ok(!isOurs(description), description)
})

test('a description cannot pretend to be another operation’s', () => {
  const description = '[web-session-clients 01937b4e-6c1a-7c3e-9d53-000000000000]'
  const made = parseClient(toBody({ description }))
  assert.ok(made)
  assert.equal(findMaker(made), operationId)
})

test('a client is read leniently: nulls and missing fields are no obstacle, but a client has an id', () => {
  const times = { description: 'Shop', modificationDate: '2026-01-01T00:00:00.000Z' }
  for (const [body, description, savedAt] of [
    [{ clientId: 'pa_wam' }, '', null],
    [{ clientId: 'pa_wam', description: null, modificationDate: null }, '', null],
    [{ clientId: 'pa_wam', ...times, redirectUris: null }, 'Shop', times.modificationDate],
  ] as const) {
    const { raw, ...read } = parseClient(body) ?? {}
    assert.deepEqual(read, { clientId: 'pa_wam', description, savedAt, isReplicated: false })
    assert.equal(raw?.reveal(), body)
  }
  for (const body of [undefined, null, 'text', 1, [], {}, { clientId: null }, { clientId: 7 }, { items: [] }])
    assert.equal(parseClient(body), undefined)
})

/** What every log would write of it, the service's own and stricter one aside. */
const logged = (object: object): string => {
  let lines = ''
  const write = (line: string) => {
    lines += line
  }
  pino({ level: 'trace' }, { write }).info(object)
  return lines
}

test('a client that is logged, serialised, inspected or in an error shows nothing of its raw form', () => {
  const clientAuth = { type: 'SECRET', encryptedSecret: 'OBF:JWE:planted', secondarySecrets: ['planted'] }
  const [client] = parseClients({ items: [{ clientId: 'pa_wam', clientAuth, name: 'planted' }] })
  const inspectAll = { depth: null, showHidden: true, getters: true }
  for (const shown of [
    JSON.stringify({ client }),
    inspect(client, inspectAll),
    inspect(client, { ...inspectAll, customInspect: false }),
    inspect(structuredClone(client), inspectAll),
    format('%o %O %j %s', client, client, client, client),
    logged({ client }),
    logged({ ...client }),
    logged(Object.assign(new Error('failed', { cause: client }), { client })),
  ]) {
    assert.match(shown, /pa_wam/)
    assert.doesNotMatch(shown, /planted|encryptedSecret/)
  }
})
