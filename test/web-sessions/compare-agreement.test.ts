import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pingAccessDefaults } from '../../src/web-session-clients/defaults.ts'
import { type BothSides, compareAgreement } from '../../src/web-sessions/compare-agreement.ts'
import { liveRows } from '../../src/web-sessions/live-agreement-schema.ts'

const settings = { ...pingAccessDefaults, redirectUris: ['https://pay.example.com/pa/oidc/cb'] }
const webSession = {
  ...{ id: 3, name: 'pay', clientId: 'pay', credentialsType: 'SECRET', oidcLoginType: 'Code' },
  ...{ scopes: ['profile'], pkceChallengeType: null, enablePushAuthorization: false },
  validateSessionIsAlive: false,
}
const application = {
  ...{ id: 7, name: 'shop', contextRoot: '/', deployReservedResources: false },
  ...{ virtualHostIds: [2], webSessionId: 3, identityMappingIds: [4] },
}
const sides: BothSides & { client: object } = {
  recorded: { clientId: 'pay', settings },
  client: {
    ...{ ...settings, name: 'pay', authentication: 'SECRET' },
    ...{ requiresPushedRequests: false, mayAskForRevocation: false },
  },
  pingAccess: {
    webSessions: [webSession],
    applications: [application],
    virtualHosts: [{ id: 2, host: 'pay.example.com', port: 443 }],
    identityMappings: [{ id: 4, name: 'user', attributes: ['sub'] }],
    reservedContextRoot: '/pa',
    tokenProvider: { issuer: 'https://sso.example.com', useSlo: false },
  },
  policies: { byPolicy: new Map([['default', ['sub', 'email']]]), defaultPolicy: 'default' },
  issuer: 'https://sso.example.com',
}

const compare = ({
  pingAccess,
  client,
  ...others
}: {
  client?: Partial<BothSides['client']>
  pingAccess?: Partial<BothSides['pingAccess']>
  issuer?: string | null
} = {}) =>
  compareAgreement({
    ...sides,
    ...others,
    client: { ...sides.client, ...client },
    pingAccess: { ...sides.pingAccess, ...pingAccess },
  })

const findRow = (live: ReturnType<typeof compare>, name: string) =>
  live.agreement.find(({ row }) => row === name) ?? assert.fail(name)

test('there is a row of each name, and all of them agree where the two do', () => {
  const { state, agreement } = compare()
  assert.equal(state, 'read')
  assert.deepEqual(agreement.map(({ row }) => row).toSorted(), liveRows.toSorted())
  for (const { row, agrees, fix } of agreement) assert.deepEqual([agrees, fix], [true, null], row)
})

test('a client id in another case of letters is found, and is to be written as it is', () => {
  const row = findRow(
    compare({ pingAccess: { webSessions: [{ ...webSession, clientId: 'PAY' }] } }),
    'client_id',
  )
  assert.deepEqual([row.agrees, row.inPingAccess], [false, 'PAY'])
})

test('a web session of the client’s name with another client id is named without that', () => {
  const live = compare({ pingAccess: { webSessions: [{ ...webSession, clientId: 'of-another-team' }] } })
  assert.equal(live.state, 'no_web_session')
  assert.equal(findRow(live, 'client_id').webSession, 3)
  assert.doesNotMatch(JSON.stringify(live), /of-another-team/)
})

test('an issuer is the same with and without a slash at its end, is needed, and may not be known', () => {
  const agreesWith = (issuer: string | null, known: string | null = 'https://sso.example.com/') =>
    findRow(compare({ issuer: known, pingAccess: { tokenProvider: { issuer, useSlo: true } } }), 'issuer')
      .agrees
  assert.equal(agreesWith('https://sso.example.com'), true)
  assert.equal(agreesWith('https://sso.example.com:9031'), false)
  assert.equal(agreesWith(null), false)
  assert.equal(agreesWith(null, null), false)
  assert.equal(agreesWith('https://sso.example.com', null), null)
})

test('what a client may and does not have to be asked for disagrees with nothing', () => {
  const live = compare({
    client: { scopes: ['openid', 'profile', 'email'], mayAskForRevocation: true },
    pingAccess: {
      tokenProvider: { issuer: 'https://sso.example.com', useSlo: true },
      webSessions: [{ ...webSession, pkceChallengeType: 'SHA256', enablePushAuthorization: true }],
    },
  })
  assert.ok(live.agreement.every(({ agrees }) => agrees === true))
})

test('openid is asked for whether or not the web session names it', () => {
  for (const scopes of [['openid', 'profile'], ['profile']]) {
    const row = findRow(
      compare({ client: { scopes: ['profile'] }, pingAccess: { webSessions: [{ ...webSession, scopes }] } }),
      'scopes',
    )
    assert.deepEqual([row.agrees, row.inPingAccess], [false, ['openid', 'profile']])
    assert.match(row.fix ?? '', /^Let the client ask for openid: PATCH/)
  }
})

test('a credentials type that PingFederate does not say cannot be told; another one is for its administrator', () => {
  const rowOf = (authentication: string | null) =>
    findRow(compare({ client: { authentication } }), 'credentials_type')
  assert.equal(rowOf(null).agrees, null)
  assert.equal(rowOf('PRIVATE_KEY_JWT').agrees, false)
  assert.match(rowOf('PRIVATE_KEY_JWT').fix ?? '', /PingFederate administrator/)
})
