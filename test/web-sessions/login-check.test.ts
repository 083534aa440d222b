import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { startTestService, type TestService } from '../service.ts'
import { fullest, recordCalls, smallest } from '../web-session-clients/requests.ts'
import { readTables } from '../web-session-clients/tables.ts'
import { update } from '../web-session-clients/updates.ts'

const path = '/web-session-clients/pa_wam/login-check'
const redirectUri = 'https://mypingaccessserver:3000/pa/oidc/cb'

type Node = { url: string; outcome: string; redirectUri: string | null; error: string | null; fix: string }

type Checked = { scopes: string[]; redirectUris: string[]; nodes: Node[]; outcomes: string[] }

const check = async ({ call }: Pick<TestService, 'call'>, id = 'pa_wam'): Promise<Checked> => {
  const { status, body } = await call('GET', `/web-session-clients/${id}/login-check`)
  assert.equal(status, 200, JSON.stringify(body))
  const nodes: Node[] = body.nodes
  assert.equal(
    body.isReady,
    nodes.every(({ outcome }) => outcome === 'ready'),
  )
  return { ...body, nodes, outcomes: nodes.map(({ outcome }) => outcome) }
}

const start = async (
  t: TestContext,
  options: Parameters<typeof startTestService>[1] = {},
  body = smallest,
) => {
  const service = await startTestService(t, options)
  assert.equal((await service.call('POST', '/web-session-clients', { body })).status, 201)
  return service
}

/** Changes the client as an administrator would in the console. */
const edit = async ({ sandbox }: TestService, change: object, id = 'pa_wam'): Promise<void> => {
  const client = `/oauth/clients/${id}`
  const { body } = await callAdminApi(sandbox, 'GET', client)
  assert.equal((await callAdminApi(sandbox, 'PUT', client, { ...body, ...change })).status, 200)
}

/** Something that answers in the place of a node. */
const startNode = async (t: TestContext, answer: RequestListener): Promise<string> => {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('200 ready for a client that can be used, without a call to the console or a write anywhere', async t => {
  const service = await start(t)
  const calls = recordCalls(service.sandbox)
  const before = readTables(service)
  const { outcomes, scopes, redirectUris, nodes } = await check(service)
  assert.deepEqual(outcomes, ['ready'])
  assert.deepEqual(scopes, ['openid', 'address', 'email', 'phone', 'profile'])
  assert.deepEqual(redirectUris, [redirectUri])
  assert.deepEqual(nodes[0], {
    url: service.sandbox.issuer,
    outcome: 'ready',
    redirectUri: null,
    error: null,
    detail: 'The node knows the client, its redirect URIs and its scopes, and would have a person log in.',
    fix: null,
  })
  assert.deepEqual(calls, [])
  assert.deepEqual(readTables(service), before)
})

test('200 ready with every option: PKCE required, scopes restricted, two redirect URIs', async t => {
  const service = await start(t, {}, fullest)
  const { outcomes, scopes, redirectUris } = await check(service, fullest.clientId)
  assert.deepEqual([outcomes, scopes, redirectUris.length], [['ready'], ['openid', 'profile', 'email'], 2])
})

for (const [where, switchOff] of [
  ['here', update],
  ['in PingFederate', edit],
] as const)
  test(`200 client_disabled where it is switched off ${where}`, async t => {
    const service = await start(t)
    await switchOff(service, { enabled: false })
    const { outcomes, nodes } = await check(service)
    assert.deepEqual([outcomes, nodes[0]?.redirectUri], [['client_disabled'], redirectUri])
    assert.match(nodes[0]?.fix ?? '', /Switch it on/)
  })

test('200 client_unknown where somebody has deleted it', async t => {
  const service = await start(t)
  await callAdminApi(service.sandbox, 'DELETE', '/oauth/clients/pa_wam')
  const gone = await check(service)
  assert.deepEqual(gone.outcomes, ['client_unknown'])
  assert.match(gone.nodes[0]?.fix ?? '', /deleted/)
})

test('200 redirect_uri_unknown naming the one of several that the client lost', async t => {
  const service = await start(t, {}, fullest)
  const { redirectUris } = await check(service, fullest.clientId)
  for (const lost of redirectUris) {
    await edit(service, { redirectUris: redirectUris.filter(each => each !== lost) }, fullest.clientId)
    const { outcomes, nodes } = await check(service, fullest.clientId)
    assert.deepEqual([outcomes, nodes[0]?.redirectUri], [['redirect_uri_unknown'], lost])
  }
})

test('200 scope_unknown where PingFederate lost a scope, or the client may not ask for it any more', async t => {
  const service = await start(t)
  const { scopes } = service.sandbox.pingFederate.settings
  const [phone = ''] = scopes.splice(scopes.indexOf('phone'), 1)
  const lost = await check(service)
  assert.deepEqual([lost.outcomes, lost.nodes[0]?.error], [['scope_unknown'], 'invalid_scope'])
  scopes.push(phone)
  assert.deepEqual((await check(service)).outcomes, ['ready'])
  await edit(service, { restrictScopes: true, restrictedScopes: ['openid', 'email'] })
  assert.deepEqual((await check(service)).outcomes, ['scope_unknown'])
})

test('200 refused where the client is required to push its requests, with the error and what to do', async t => {
  const service = await start(t)
  await edit(service, { requirePushedAuthorizationRequests: true })
  const { outcomes, nodes } = await check(service)
  assert.deepEqual([outcomes, nodes[0]?.error], [['refused'], 'invalid_request'])
  assert.match(nodes[0]?.fix ?? '', /enablePushAuthorization/)
})

test('200 not_replicated for the node alone that has not taken the client yet', async t => {
  const service = await startTestService(t, { sandbox: { cluster: 'clustered' } })
  const [, second] = service.sandbox.pingFederate.settings.engines
  second.ends = 'RETRIEVING'
  await service.call('POST', '/web-session-clients', { body: smallest })
  assert.deepEqual((await check(service)).outcomes, ['not_replicated', 'not_replicated'])
  await callAdminApi(service.sandbox, 'POST', '/cluster/replicate')
  const { outcomes, nodes } = await check(service)
  assert.deepEqual(outcomes, ['ready', 'not_replicated'])
  assert.deepEqual(
    nodes.map(({ url }) => url),
    service.sandbox.runtimeUrls,
  )
  second.ends = 'SUCCEEDED'
  assert.deepEqual((await check(service)).outcomes, ['ready', 'ready'])
})

test('200 client_or_redirect_uri_unknown where the console cannot be asked which', async t => {
  const service = await start(t)
  await callAdminApi(service.sandbox, 'DELETE', '/oauth/clients/pa_wam')
  service.sandbox.pingFederate.faults.always({
    match: { method: 'GET' },
    fault: { answer: { kind: 'status', status: 404, body: '<html>' } },
  })
  assert.deepEqual((await check(service)).outcomes, ['client_or_redirect_uri_unknown'])
})

test('200 for each node by itself: one that is down, that hangs, that is a proxy, and that is good', async t => {
  const redirecting = await startNode(t, (_request, response) =>
    response.writeHead(302, { location: 'https://sso.example.com/login?next=%2Fas' }).end(),
  )
  const hanging = await startNode(t, () => undefined)
  const another = await startNode(t, (_request, response) => response.writeHead(503).end('<html>'))
  const service = await start(t, {
    env: async ({ issuer }) => ({
      PINGFEDERATE_RUNTIME_URLS: ['http://127.0.0.1:1', redirecting, hanging, another, `${issuer}/`].join(
        ', ',
      ),
      PINGFEDERATE_TIMEOUT_MS: '2000',
    }),
  })
  const { outcomes, nodes } = await check(service)
  assert.deepEqual(outcomes, ['unreachable', 'unexpected', 'unreachable', 'unexpected', 'ready'])
  assert.match(nodes[1]?.fix ?? '', /proxy/)
  assert.ok(!JSON.stringify(nodes).includes('next='))
  assert.equal(nodes[4]?.url, service.sandbox.issuer)
})

test('503 for checks beyond those at work and those that wait, and each node has four of them at once', async t => {
  let asked = 0
  const { promise: full, resolve: fill } = Promise.withResolvers<void>()
  const { promise: open, resolve: answer } = Promise.withResolvers<void>()
  const hanging = await startNode(t, ({ url = '' }, response) => {
    // Not for the issuer, whom the service looks for when it starts.
    if (url.startsWith('/as/')) asked += 1
    if (asked === 4) fill()
    void open.then(() => response.writeHead(503).end())
  })
  const service = await start(t, { env: { PINGFEDERATE_RUNTIME_URLS: hanging } })
  const checks = Array.from({ length: 21 }, () => service.call('GET', path))
  await full
  const refused = await Promise.race(checks)
  assert.deepEqual([refused.status, refused.body.code], [503, 'pingfederate_busy'])
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.equal(asked, 4)
  answer()
  await Promise.all(checks)
})

test('409 where no runtime node is configured, with the setting; 404 before that for another team', async t => {
  const service = await start(t, { env: { PINGFEDERATE_RUNTIME_URLS: '' } })
  const { status, body } = await service.call('GET', path)
  assert.deepEqual([status, body.code], [409, 'runtime_not_configured'])
  assert.match(body.detail, /PINGFEDERATE_RUNTIME_URLS/)
  const foreign = await service.call('GET', path, { as: 'shop-pipeline' })
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'client_not_found'])
})
