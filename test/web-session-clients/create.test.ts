import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
import { clientIds, fullest, recordCalls, sentClients, smallest } from './requests.ts'

const tokenForm = /^wscrt_[A-Za-z0-9_-]{57}$/

/** Random bytes the test knows; the first 48 become the client secret. */
const knownBytes = Buffer.from(Array.from({ length: 92 }, (_, index) => (index * 37) % 256))
const knownSecret = knownBytes.subarray(0, 48).toString('base64url')

test('201: the smallest request makes exactly the manual’s client, and the description that marks it', async t => {
  const { sandbox, call } = await startTestService(t, { world: { randomBytes: () => knownBytes } })
  const calls = recordCalls(sandbox)
  const { status } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 201)
  const [{ description, ...manual } = {}, ...others] = sentClients(calls)
  assert.deepEqual(others, [])
  assert.deepEqual(manual, {
    clientId: 'pa_wam',
    name: 'pa_wam',
    clientAuth: { type: 'SECRET', secret: knownSecret },
    redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
    bypassApprovalPage: true,
    grantTypes: ['AUTHORIZATION_CODE'],
  })
  assert.match(String(description), /^Web session client of payments \[web-session-clients [0-9a-f-]{36}\]$/)
})

test('201: the answer has everything the manual does not mention off, the address, the tag, and no cache', async t => {
  const { call } = await startTestService(t)
  const { status, body, headers } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 201)
  assert.equal(headers.get('location'), '/web-session-clients/pa_wam')
  assert.match(headers.get('etag') ?? '', /^"1-[0-9a-z]+"$/)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.match(String(headers.get('content-type')), /^application\/json/)
  const { retrieval, createdAt, updatedAt, createdBy, ...client } = body
  assert.deepEqual(client, {
    clientId: 'pa_wam',
    name: 'pa_wam',
    description: null,
    team: 'payments',
    pingAccessUrls: ['https://mypingaccessserver:3000'],
    callbackUnder: 'host',
    redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
    otherRedirectUris: [],
    grantTypes: ['authorization_code'],
    bypassAuthorizationApproval: true,
    scopes: null,
    requirePkce: false,
    logout: 'none',
    refreshTokens: false,
    oidcPolicy: null,
    accessTokenManager: null,
    enabled: true,
    status: 'ready',
    drift: null,
    delivery: null,
  })
  assert.match(retrieval.token, tokenForm)
  assert.equal(retrieval.redeemableBy, 'team')
  assert.equal(createdAt, updatedAt)
  assert.equal(typeof createdBy, 'string')
})

test('201: a retrieval token lives 15 minutes unless the request says otherwise', async t => {
  const now = Date.now()
  const { call } = await startTestService(t, { world: { now: () => now } })
  const usual = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(Date.parse(usual.body.retrieval.expiresAt) - now, 900_000)
  const other = await call('POST', '/web-session-clients', {
    body: { ...smallest, clientId: 'other', retrieval: { ttlSeconds: 60 } },
  })
  assert.equal(Date.parse(other.body.retrieval.expiresAt) - now, 60_000)
})

test('201: the answer never has the client secret', async t => {
  const { call } = await startTestService(t, { world: { randomBytes: () => knownBytes } })
  const { status, body } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 201)
  assert.ok(!JSON.stringify(body).includes(knownSecret))
})

test('201: every field of the fullest request arrives in PingFederate', async t => {
  const { sandbox, call } = await startTestService(t)
  const calls = recordCalls(sandbox)
  const { status, body } = await call('POST', '/web-session-clients', { body: fullest })
  assert.equal(status, 201)
  const [{ description, clientAuth, ...fields } = {}] = sentClients(calls)
  assert.match(String(description), /^Payments behind PingAccess \[web-session-clients [0-9a-f-]{36}\]$/)
  assert.equal(clientAuth?.type, 'SECRET')
  assert.deepEqual(fields, {
    clientId: 'pay-portal',
    name: 'Payments portal',
    redirectUris: ['https://pay.example.com/pa/oidc/cb', 'https://pay.example.com:8443/shop/pa/oidc/cb'],
    bypassApprovalPage: true,
    grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
    restrictScopes: true,
    restrictedScopes: ['openid', 'profile', 'email'],
    requireProofKeyForCodeExchange: true,
    defaultAccessTokenManagerRef: { id: 'jwt' },
    oidcPolicy: {
      policyGroup: { id: 'default' },
      pingAccessLogoutCapable: true,
      logoutMode: 'PING_FRONT_CHANNEL',
    },
  })
  assert.equal(body.name, 'Payments portal')
  assert.deepEqual(body.scopes, ['openid', 'profile', 'email'])
  assert.deepEqual(body.grantTypes, ['authorization_code', 'refresh_token'])
  assert.equal(body.retrieval.redeemableBy, 'requester')
})

/** What each optional field, alone, adds to the manual's client. */
const additions: [Record<string, unknown>, Record<string, unknown>][] = [
  [{ scopes: ['email'] }, { restrictScopes: true, restrictedScopes: ['openid', 'email'] }],
  [{ scopes: ['email', 'openid'] }, { restrictScopes: true, restrictedScopes: ['openid', 'email'] }],
  [{ requirePkce: true }, { requireProofKeyForCodeExchange: true }],
  [{ requirePkce: false }, {}],
  [{ logout: 'none' }, {}],
  [
    { logout: 'pingaccess' },
    { oidcPolicy: { pingAccessLogoutCapable: true, logoutMode: 'PING_FRONT_CHANNEL' } },
  ],
  [{ refreshTokens: true }, { grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'] }],
  [{ refreshTokens: false }, {}],
  [{ oidcPolicy: 'default' }, { oidcPolicy: { policyGroup: { id: 'default' } } }],
  [{ accessTokenManager: 'jwt' }, { defaultAccessTokenManagerRef: { id: 'jwt' } }],
  [{ name: 'Shop – 店' }, { name: 'Shop – 店' }],
  [{ callbackUnder: 'contextRoot' }, {}],
]

test('201: each optional field changes its own PingFederate field and no other', async t => {
  const { sandbox, call } = await startTestService(t)
  const calls = recordCalls(sandbox)
  for (const [index, [field]] of additions.entries()) {
    const clientId = `client-${index}`
    const { status } = await call('POST', '/web-session-clients', {
      body: { ...smallest, clientId, ...field },
    })
    assert.equal(status, 201, JSON.stringify(field))
  }
  const sent = sentClients(calls)
  for (const [index, [field, added]] of additions.entries()) {
    const { description, clientAuth, ...rest } = sent[index] ?? {}
    const usual = {
      clientId: `client-${index}`,
      name: `client-${index}`,
      redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
      bypassApprovalPage: true,
      grantTypes: ['AUTHORIZATION_CODE'],
    }
    assert.deepEqual(rest, { ...usual, ...added }, JSON.stringify(field))
  }
})

test('201: PingFederate before 11.3 gets single logout in its own spelling', async t => {
  const { sandbox, call } = await startTestService(t)
  sandbox.pingFederate.settings.version = '11.2.9.0'
  const calls = recordCalls(sandbox)
  const { status } = await call('POST', '/web-session-clients', {
    body: { ...smallest, logout: 'pingaccess' },
  })
  assert.equal(status, 201)
  assert.deepEqual(sentClients(calls)[0]?.['oidcPolicy'], { pingAccessLogoutCapable: true })
})

test('201: a caller in several teams chooses one of them', async t => {
  const { call } = await startTestService(t)
  const { status, body } = await call('POST', '/web-session-clients', {
    as: 'portal',
    body: { ...smallest, team: 'shop' },
  })
  assert.equal(status, 201)
  assert.equal(body.team, 'shop')
})

test('201: one client for each of many requests at once, each with a token and a secret of its own', async t => {
  const { sandbox, call } = await startTestService(t)
  const calls = recordCalls(sandbox)
  const ids = Array.from({ length: 20 }, (_, index) => `client-${index}`)
  const answers = await Promise.all(
    ids.map(clientId => call('POST', '/web-session-clients', { body: { ...smallest, clientId } })),
  )
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(answers.map(({ body }) => body.retrieval.token)).size, 20)
  const secrets = sentClients(calls).map(({ clientAuth }) => clientAuth?.secret)
  assert.equal(new Set(secrets).size, 20)
  assert.deepEqual(clientIds(sandbox).sort(), ids.sort())
})

test('201: the secret that PingFederate got is the one that is redeemed, 48 random bytes: a key for HS256 to HS512', async t => {
  const { sandbox, call } = await startTestService(t, { world: { randomBytes } })
  const calls = recordCalls(sandbox)
  const { body } = await call('POST', '/web-session-clients', { body: smallest })
  const redeemed = await call('POST', '/secret-retrievals', { body: { token: body.retrieval.token } })
  assert.equal(redeemed.status, 200)
  assert.equal(redeemed.body.clientSecret, sentClients(calls)[0]?.clientAuth?.secret)
  assert.equal(Buffer.from(redeemed.body.clientSecret, 'base64url').length, 48)
  // Key and hash of HMAC have the same length (RFC 7518 section 3.2); the key is the text itself.
  for (const [algorithm, bits] of [
    ['HS256', 256],
    ['HS384', 384],
    ['HS512', 512],
  ] as const)
    assert.ok(Buffer.byteLength(redeemed.body.clientSecret) * 8 >= bits, algorithm)
})

test('201 with a Location below PUBLIC_URL, where the installation has one', async t => {
  const { call } = await startTestService(t, { env: { PUBLIC_URL: 'https://clients.iam.example.com/' } })
  const { headers } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(headers.get('location'), 'https://clients.iam.example.com/web-session-clients/pa_wam')
})
