import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { basic } from '../call-admin-api.ts'
import { fetchTokens, LoginFailed } from '../log-in.ts'

const redirectUri = 'http://localhost:3000/documentation/static/oauth2-redirect.html'
const sandbox = await createSandbox({
  audience: 'https://service.example',
  swaggerUiRedirectUris: [redirectUri],
  serviceSecrets: { portal: 'a-secret-from-outside' },
})
after(() => sandbox.close())

const tokenEndpoint = `${sandbox.issuer}/token`
const keys = createRemoteJWKSet(new URL(`${sandbox.issuer}/jwks`))

test("a service's token says who it is, which teams it belongs to and what it may do", async () => {
  const token = await sandbox.accessToken({ service: 'portal' })
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: sandbox.issuer,
    audience: 'https://service.example',
    algorithms: ['RS256'],
    typ: 'at+jwt',
    requiredClaims: ['exp', 'iat', 'jti', 'sub'],
  })
  assert.equal(protectedHeader.alg, 'RS256')
  assert.equal(payload.sub, 'portal')
  assert.equal(payload['client_id'], 'portal')
  assert.deepEqual(payload['groups'], ['payments', 'shop'])
  assert.equal(
    payload['scope'],
    'web-session-clients:read web-session-clients:write secrets:redeem audit:read',
  )
})

test('a token has only the scopes that were asked for, and none that are not the caller’s', async () => {
  const scope = 'audit:read web-session-clients:write'
  assert.equal(decodeJwt(await sandbox.accessToken({ service: 'auditor', scope }))['scope'], 'audit:read')
  const narrow = await sandbox.accessToken({ service: 'portal', scope: 'secrets:redeem' })
  assert.equal(decodeJwt(narrow)['scope'], 'secrets:redeem')
})

test('a token for the admin API is for nothing else', async () => {
  const claims = decodeJwt(await sandbox.accessToken({ service: 'pingfederate-admin-api' }))
  assert.equal(claims.aud, 'pingfederate-admin-api')
  assert.equal(claims['scope'], 'pingfederate:admin')
})

test('200 for a secret that was given, 401 for a wrong one', async () => {
  const statuses = ['a-secret-from-outside', 'wrong'].map(async secret => {
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { authorization: basic('portal', secret) },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    return response.status
  })
  assert.deepEqual(await Promise.all(statuses), [200, 401])
})

for (const { id, teams } of sandbox.people) {
  test(`${id} gets a token with their teams through the public client`, async () => {
    const scope = 'openid web-session-clients:read web-session-clients:write'
    const tokens = await fetchTokens({
      issuer: sandbox.issuer,
      clientId: 'swagger-ui',
      redirectUri,
      person: id,
      scope,
    })
    const { payload } = await jwtVerify(tokens.access_token, keys, {
      audience: 'https://service.example',
      typ: 'at+jwt',
    })
    assert.equal(payload.sub, id)
    assert.deepEqual(payload['groups'], teams)
    assert.equal(payload['scope'], 'web-session-clients:read web-session-clients:write')
    assert.equal(tokens.claims()?.sub, id)
  })
}

test('a token without openid is for the service alone, with no ID token beside it', async () => {
  const scope = 'web-session-clients:read'
  const tokens = await fetchTokens({
    issuer: sandbox.issuer,
    clientId: 'swagger-ui',
    redirectUri,
    person: 'ana',
    scope,
  })
  assert.equal(decodeJwt(tokens.access_token).aud, 'https://service.example')
  assert.equal(tokens.claims(), undefined)
})

test('a redirect URI of Swagger UI can be added while the sandbox runs', async () => {
  const later = 'http://127.0.0.1:3001/documentation/static/oauth2-redirect.html'
  const login = { issuer: sandbox.issuer, clientId: 'swagger-ui', redirectUri: later, person: 'ana' }
  await assert.rejects(fetchTokens(login), LoginFailed)
  sandbox.swaggerUiRedirectUris.push(later)
  assert.equal((await fetchTokens(login)).claims()?.sub, 'ana')
})

test('the public client has to use PKCE', async () => {
  const login = {
    issuer: sandbox.issuer,
    clientId: 'swagger-ui',
    redirectUri,
    person: 'ana',
    usesPkce: false,
  }
  await assert.rejects(fetchTokens(login), { error: 'invalid_request' })
})

test("a page on Swagger UI's origin may call the token endpoint, one on another origin may not", async () => {
  for (const [origin, allowed] of [
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://evil.example', null],
  ] as const) {
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'swagger-ui', code: 'none' }),
    })
    assert.equal(response.headers.get('access-control-allow-origin'), allowed)
  }
})

test('the issuer speaks neither through the console nor of its development defaults', async t => {
  const methods = (['log', 'info', 'warn', 'error'] as const).map(name => t.mock.method(console, name))
  const quiet = await createSandbox({ audience: 'test', swaggerUiRedirectUris: [redirectUri] })
  await fetchTokens({ issuer: quiet.issuer, clientId: 'swagger-ui', redirectUri, person: 'ana' })
  await quiet.accessToken({ service: 'portal' })
  await fetch(`${quiet.issuer}/as/authorization.oauth2?client_id=nobody`)
  await quiet.close()
  assert.deepEqual(
    methods.map(({ mock }) => mock.callCount()),
    [0, 0, 0, 0],
  )
})
