import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Exchange } from '../../src/sandbox/pingfederate/admin-api.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { deleteClient } from '../journal/delete-client.ts'
import { openJournal } from '../journal/journal.ts'
import { startTestService, type TestService } from '../service.ts'
import { ageCreates } from '../web-session-clients/age-creates.ts'
import { update } from '../web-session-clients/updates.ts'
import { findDescription, loadDescription } from './description.ts'

const found = findDescription(process.env)
const skip = found.missing
const description = found.missing === false ? loadDescription(found.path) : undefined

const smallest = { clientId: 'smallest', pingAccessUrls: ['https://mypingaccessserver:3000'] }
const options = {
  name: 'Payments portal',
  description: 'Payments behind PingAccess',
  team: 'payments',
  pingAccessUrls: ['https://pay.example.com', 'https://pay.example.com:8443/shop'],
  scopes: ['profile', 'email'],
  requirePkce: true,
  logout: 'pingaccess',
  refreshTokens: true,
  oidcPolicy: 'default',
  accessTokenManager: 'jwt',
  retrieval: { ttlSeconds: 900, redeemableBy: 'requester' },
}

type Options = { cluster?: SandboxOptions['cluster']; env?: Record<string, string> }

const start = async (t: TestContext, { cluster = 'standalone', env = {} }: Options = {}) => {
  const service = await startTestService(t, { sandbox: { cluster }, env })
  const exchanges: Exchange[] = []
  service.sandbox.pingFederate.onExchange(exchange => exchanges.push(exchange))
  const calls = () => exchanges.map(({ method, path, status }) => `${method} ${path} ${status}`)
  return { ...service, exchanges, calls }
}

const create = async ({ call }: Pick<TestService, 'call'>, body: object, status = 201): Promise<void> => {
  const answer = await call('POST', '/web-session-clients', { body })
  assert.equal(answer.status, status, JSON.stringify(answer.body))
}

/** Every departure of what was sent and answered from Ping's own description. */
const check = (exchanges: readonly Exchange[]): string[] =>
  exchanges.flatMap(exchange => description?.check(exchange) ?? ['there is no description'])

test('a create keeps to Ping’s description: the smallest, the fullest, and each option alone', {
  skip,
}, async t => {
  const service = await start(t)
  await create(service, smallest)
  await create(service, { clientId: 'fullest', ...options })
  for (const [option, value] of Object.entries(options))
    await create(service, { ...smallest, clientId: `only-${option}`, [option]: value })
  const creates = service.calls().filter(each => each === 'POST /oauth/clients 201')
  assert.equal(creates.length, 2 + Object.keys(options).length)
  assert.deepEqual(check(service.exchanges), [])
})

for (const version of ['11.2.9.1', '11.3.0.0', '12.0.0.0', '12.1.0.4', '13.1.0.1']) {
  test(`a create with single logout keeps to Ping’s description with version ${version}`, {
    skip,
  }, async t => {
    const service = await start(t)
    service.sandbox.pingFederate.settings.version = version
    await create(service, { clientId: 'fullest', ...options })
    assert.deepEqual(service.calls().slice(0, 2), ['GET /version 200', 'POST /oauth/clients 201'])
    assert.deepEqual(check(service.exchanges), [])
  })
}

test('refusals and look-ups keep to Ping’s description', { skip }, async t => {
  const service = await start(t)
  await create(service, { ...smallest, oidcPolicy: 'unknown' }, 422)
  service.sandbox.pingFederate.faults.next({ match: { method: 'POST' }, fault: { answer: { kind: 'drop' } } })
  await create(service, smallest)
  assert.deepEqual(service.calls().slice(0, 4), [
    'POST /oauth/clients 422',
    'GET /oauth/clients/smallest 404',
    'POST /oauth/clients undefined',
    'GET /oauth/clients/smallest 200',
  ])
  assert.deepEqual(check(service.exchanges), [])
})

test('a delete keeps to Ping’s description', { skip }, async t => {
  const service = await start(t)
  await create(service, { ...smallest, clientId: 'pa_wam' })
  await update(service, { enabled: false })
  await ageCreates(service.env['DATABASE_URL'])
  await service.stop()
  service.exchanges.length = 0
  await deleteClient(await openJournal(t, service))
  assert.deepEqual(service.calls(), ['GET /oauth/clients/pa_wam 200', 'DELETE /oauth/clients/pa_wam 204'])
  assert.deepEqual(check(service.exchanges), [])
})

test('a rotation and the end of the former secret keep to Ping’s description, the client of every option too', {
  skip,
}, async t => {
  const service = await start(t)
  await create(service, { clientId: 'fullest', ...options })
  service.exchanges.length = 0
  for (const [method, what, status] of [
    ['POST', 'secret-rotations', 201],
    ['POST', 'secret-rotations', 201],
    ['DELETE', 'previous-secrets', 204],
  ] as const) {
    const body = { overlapMinutes: 60, force: true }
    const answer = await service.call(method, `/web-session-clients/fullest/${what}`, {
      ...(method === 'POST' && { body }),
    })
    assert.equal(answer.status, status, JSON.stringify(answer.body))
  }
  assert.deepEqual(
    service.calls().filter(each => !each.startsWith('GET')),
    Array.from({ length: 3 }, () => 'PUT /oauth/clients/fullest 200'),
  )
  assert.deepEqual(check(service.exchanges), [])
})

test('what is asked of a cluster keeps to Ping’s description, publishing included', { skip }, async t => {
  const service = await start(t, { cluster: 'clustered', env: { PINGFEDERATE_REPLICATION: 'trigger' } })
  const { promise: published, resolve: publish } = Promise.withResolvers<void>()
  service.sandbox.pingFederate.onExchange(({ path }) => {
    if (path === '/cluster/replicate') publish()
  })
  await create(service, smallest)
  await published
  assert.equal((await service.call('GET', '/web-session-clients/smallest')).body.status, 'ready')
  for (const expected of [
    'GET /cluster/status 200',
    'GET /cluster/settings 200',
    'POST /cluster/replicate 200',
  ])
    assert.ok(service.calls().includes(expected), expected)
  assert.deepEqual(check(service.exchanges), [])
})

test('what a dry run asks for keeps to Ping’s description, and only reads', { skip }, async t => {
  const service = await start(t)
  const { status } = await service.call('POST', '/web-session-clients?dryRun=true', {
    body: { ...smallest, logout: 'pingaccess' },
  })
  assert.equal(status, 200)
  const [lookUp, ...others] = service.calls()
  assert.equal(lookUp, 'GET /oauth/clients/smallest 404')
  assert.deepEqual(others.sort(), [
    'GET /cluster/status 403',
    'GET /oauth/accessTokenManagers 200',
    'GET /oauth/accessTokenManagers/settings 200',
    'GET /oauth/authServerSettings 200',
    'GET /oauth/openIdConnect/policies 200',
    'GET /oauth/openIdConnect/settings 200',
    'GET /version 200',
  ])
  assert.deepEqual(check(service.exchanges), [])
})

test('what is planned keeps to Ping’s description of a create', { skip }, async t => {
  const service = await start(t)
  for (const body of [smallest, { ...smallest, ...options }]) {
    const answer = await service.call('POST', '/web-session-clients?dryRun=true', { body })
    const [{ method, path, body: requestBody }] = answer.body.changes
    const planned = { method, path: path.replace('/pf-admin-api/v1', ''), requestBody, status: undefined }
    const requestHeaders = { 'x-xsrf-header': 'PingFederate' }
    assert.deepEqual(description?.check({ ...planned, requestHeaders }), [])
  }
})

test('what is asked of a single node keeps to Ping’s description', { skip }, async t => {
  const service = await start(t)
  await create(service, smallest)
  assert.deepEqual(service.calls(), ['POST /oauth/clients 201', 'GET /cluster/status 403'])
  assert.deepEqual(check(service.exchanges), [])
})

test('without Ping’s description, too: a client is sent with what was asked for and with nothing else', async t => {
  const service = await start(t)
  await create(service, smallest)
  const [{ requestBody } = assert.fail()] = service.exchanges
  const { description, clientAuth, ...fields } = requestBody as Record<string, unknown>
  assert.deepEqual(fields, {
    clientId: 'smallest',
    name: 'smallest',
    redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
    bypassApprovalPage: true,
    grantTypes: ['AUTHORIZATION_CODE'],
  })
  assert.match(String(description), /^Web session client of payments \[web-session-clients [0-9a-f-]{36}\]$/)
  assert.deepEqual(Object.keys(clientAuth as object), ['type', 'secret'])
})
