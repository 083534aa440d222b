import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { jwtVerify } from 'jose'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from './call-admin-api.ts'
import { fetchTokens, type Login, LoginFailed, logIn } from './log-in.ts'

const sandbox = await createSandbox({ audience: 'test' })
after(() => sandbox.close())

const login: Login = {
  issuer: sandbox.issuer,
  clientId: paWam.clientId,
  clientSecret: paWam.clientAuth.secret,
  redirectUri: paWam.redirectUris[0],
  person: 'cleo',
}

async function replace(change: object): Promise<void> {
  assert.equal(
    (await callAdminApi(sandbox, 'PUT', '/oauth/clients/pa_wam', { ...paWam, ...change })).status,
    200,
  )
}

beforeEach(async () => {
  await callAdminApi(sandbox, 'DELETE', '/oauth/clients/pa_wam')
  await callAdminApi(sandbox, 'POST', '/oauth/clients', paWam)
})

test('a person logs in through a client of the admin API and is known by their ID token', async () => {
  const claims = await logIn(login)
  assert.equal(claims.sub, 'cleo')
  assert.equal(claims.aud, 'pa_wam')
  assert.equal(claims['email'], 'cleo@example.com')
  assert.deepEqual(claims['groups'], ['payments', 'shop'])
})

test('a client that needs approval asks for it, and gets it with one more click', async () => {
  await replace({ bypassApprovalPage: false })
  assert.equal((await logIn(login)).sub, 'cleo')
})

test('PKCE is needed only where the client requires it', async () => {
  assert.equal((await logIn({ ...login, usesPkce: false })).sub, 'cleo')
  await replace({ requireProofKeyForCodeExchange: true })
  await assert.rejects(logIn({ ...login, usesPkce: false }), {
    error: 'invalid_request',
    error_description: /PKCE/,
  })
  assert.equal((await logIn(login)).sub, 'cleo')
})

test('pushed authorization is needed only where the client requires it', async () => {
  await replace({ requirePushedAuthorizationRequests: true })
  await assert.rejects(logIn(login), { error: 'invalid_request' })
})

test('a restricted client gets its own scopes and no other', async () => {
  await replace({ restrictScopes: true, restrictedScopes: ['openid', 'email'] })
  await assert.rejects(logIn(login), { error: 'invalid_scope' })
  const claims = await logIn({ ...login, scope: 'openid email' })
  assert.deepEqual([claims['email'], claims['name']], ['cleo@example.com', undefined])
})

test('a client that is not restricted gets every scope that the server knows and no other', async t => {
  const { scopes } = sandbox.pingFederate.settings
  t.after(() => scopes.push('email'))
  scopes.splice(scopes.indexOf('email'), 1)
  await assert.rejects(logIn(login), { error: 'invalid_scope' })
  assert.equal((await logIn({ ...login, scope: 'openid profile' })).sub, 'cleo')
})

test('refresh tokens are issued only to clients with that grant type', async () => {
  assert.equal((await fetchTokens(login)).refresh_token, undefined)
  await replace({ grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'] })
  assert.ok((await fetchTokens(login)).refresh_token)
})

test('an ID token is signed with the secret where the client says HS256', async () => {
  await replace({ oidcPolicy: { idTokenSigningAlgorithm: 'HS256' } })
  const { id_token: idToken = '' } = await fetchTokens(login)
  const key = Buffer.from(paWam.clientAuth.secret)
  const { payload } = await jwtVerify(idToken, key, { algorithms: ['HS256'], audience: paWam.clientId })
  assert.equal(payload.sub, 'cleo')
})

for (const [what, change] of [
  ['a wrong secret', { clientSecret: 'wrong' }],
  ['a redirect URI that the client does not have', { redirectUri: 'https://evil.example/pa/oidc/cb' }],
  ['a client that does not exist', { clientId: 'unheard-of' }],
] as const) {
  test(`no login with ${what}`, () => assert.rejects(logIn({ ...login, ...change })))
}

test('no login with a person whom the page does not offer', () =>
  assert.rejects(logIn({ ...login, person: 'mallory' }), LoginFailed))

for (const [what, change] of [
  ['disabled', { enabled: false }],
  ['without the authorization code grant', { grantTypes: ['REFRESH_TOKEN'], redirectUris: [] }],
  [
    'that authenticates with a certificate',
    { clientAuth: { type: 'CERTIFICATE', clientCertIssuerDn: 'CN=a', clientCertSubjectDn: 'CN=b' } },
  ],
] as const) {
  test(`no login with a client ${what}`, async () => {
    await replace(change)
    await assert.rejects(logIn(login))
  })
}
