import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'

const signInClient = { SWAGGER_UI_CLIENT_ID: 'swagger-ui' }

/** Answers as they are sent, so that redirects are seen. */
const look = async (url: string) => {
  const { status, headers } = await fetch(url, { redirect: 'manual' })
  return [status, headers.get('location')]
}

test('302: the root leads to the documentation, behind a path prefix too, and the page to its address with a slash', async t => {
  const { url } = await startTestService(t)
  assert.deepEqual(await look(`${url}/`), [302, 'documentation/'])
  assert.deepEqual(await look(`${url}/documentation`), [302, 'documentation/'])
  assert.deepEqual(await look(`${url}/documentation?a=b`), [302, 'documentation/'])
  assert.deepEqual(await look(`${url}/documentation/`), [200, null])
  const behind = await startTestService(t, { env: { PUBLIC_URL: 'https://api.example.com/iam/clients' } })
  assert.deepEqual(await look(`${behind.url}/`), [302, '/iam/clients/documentation/'])
  assert.deepEqual(await look(`${behind.url}/documentation`), [302, 'documentation/'])
})

test('200: the page tells a phone how wide it is, and loads what it needs relative to itself', async t => {
  const { url } = await startTestService(t)
  const page = await (await fetch(`${url}/documentation`)).text()
  assert.match(page, /<meta name="viewport" content="width=device-width, initial-scale=1">/)
  const loaded = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address = '']) => address)
  assert.ok(loaded.length > 5)
  assert.deepEqual(
    loaded.filter(address => !address.startsWith('./static/')),
    [],
  )
})

test('200: the example of a dry run is short, and who redeems is told where the token comes from', async t => {
  const { call } = await startTestService(t)
  const { paths } = (await call('GET', '/openapi.json', { as: null })).body
  const { example } = paths['/web-session-clients'].post.responses['200'].content['application/json']
  assert.ok(JSON.stringify(example, null, 2).split('\n').length < 60)
  for (const path of ['/secret-retrievals', '/secret-retrievals/lookup'])
    assert.match(paths[path].post.description, /`retrieval\.token` of the answer that created the client/)
})

test('200: the page offers the sign-ins that work in it, the document all', async t => {
  const { call, sandbox } = await startTestService(t, { env: signInClient })
  const all = (await call('GET', '/openapi.json', { as: null })).body.components.securitySchemes
  const usable = (await call('GET', '/documentation/json', { as: null })).body.components.securitySchemes
  assert.deepEqual(Object.keys(all.oauth2.flows), ['authorizationCode', 'clientCredentials'])
  assert.deepEqual(Object.keys(usable), ['oauth2', 'bearer'])
  assert.deepEqual(Object.keys(usable.oauth2.flows), ['authorizationCode'])
  assert.equal(usable.oauth2.flows.authorizationCode.tokenUrl, `${sandbox.issuer}/token`)
})

test('200: the page asks for scopes with SWAGGER_UI_SCOPE_PREFIX, also where an operation needs one; the document has none', async t => {
  const prefix = 'api://0d9e7a54-3c0e-4a6f-9b56-6a1c8f7f2d31/'
  const { call } = await startTestService(t, {
    env: { ...signInClient, SWAGGER_UI_SCOPE_PREFIX: prefix },
  })
  const scopesOf = async (path: string) => {
    const { components, paths } = (await call('GET', path, { as: null })).body
    const { scopes } = components.securitySchemes.oauth2.flows.authorizationCode
    return [Object.keys(scopes)[0], paths['/web-session-clients'].post.security]
  }
  assert.deepEqual(await scopesOf('/documentation/json'), [
    `${prefix}web-session-clients:read`,
    [{ oauth2: [`${prefix}web-session-clients:write`] }, { bearer: [] }],
  ])
  assert.deepEqual(await scopesOf('/openapi.json'), [
    'web-session-clients:read',
    [{ oauth2: ['web-session-clients:write'] }, { bearer: [] }],
  ])
})

test('200: the document and the page are those of this installation, without a sign-in where it has no client for it', async t => {
  const { call, sandbox, url } = await startTestService(t, {
    env: { PUBLIC_URL: 'https://clients.example.com/iam' },
  })
  const text = await (await fetch(`${url}/openapi.json`)).text()
  const [document, page] = await Promise.all(
    ['/openapi.json', '/documentation/json'].map(async path => (await call('GET', path, { as: null })).body),
  )
  assert.equal(document.servers[0].url, 'https://clients.example.com/iam')
  assert.equal(page.servers[0].url, '/iam')
  // As text, because parsed it is in the order of the numbers.
  assert.match(text, /"operationId":"createWebSessionClient".+?"201":\{"description".+?"200":\{"description"/)
  const { oauth2 } = document.components.securitySchemes
  assert.equal(oauth2.flows.clientCredentials.tokenUrl, `${sandbox.issuer}/token`)
  assert.deepEqual(Object.keys(page.components.securitySchemes), ['bearer'])
})

test('201: every example of a body that creates a client works as it stands', async t => {
  const { call } = await startTestService(t)
  const { body } = await call('GET', '/openapi.json', { as: null })
  const { examples } = body.paths['/web-session-clients'].post.requestBody.content['application/json']
  assert.equal(Object.keys(examples)[0], 'smallest', 'the page starts with the first')
  for (const [name, { value }] of Object.entries<{ value: unknown }>(examples)) {
    const created = await call('POST', '/web-session-clients', { body: value })
    assert.equal(created.status, 201, `${name}: ${JSON.stringify(created.body)}`)
  }
})
