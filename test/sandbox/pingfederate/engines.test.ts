import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { ReplicationStatus } from '../../../src/sandbox/pingfederate/settings.ts'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from '../call-admin-api.ts'
import { logIn } from '../log-in.ts'

const start = Date.parse('2026-01-01T00:00:00.000Z')
let now = start
const sandbox = await createSandbox({
  audience: 'test',
  cluster: 'clustered',
  now: () => new Date(now),
})
const { settings } = sandbox.pingFederate
const [first, second] = settings.engines
after(() => sandbox.close())

const call = (method: string, path: string, body?: unknown) => callAdminApi(sandbox, method, path, body)
const status = async () => (await call('GET', '/cluster/status')).body
const replicate = () => call('POST', '/cluster/replicate')

const nodes = async (): Promise<
  { replicationStatus: ReplicationStatus; configurationTimestamp?: string }[]
> => (await status()).nodes.slice(1)
const states = async () => (await nodes()).map(({ replicationStatus }) => replicationStatus)

const canLogIn = (clientId = 'pa_wam') =>
  logIn({
    issuer: sandbox.issuer,
    clientId,
    clientSecret: paWam.clientAuth.secret,
    redirectUri: paWam.redirectUris[0],
    person: 'ana',
  }).then(
    () => true,
    () => false,
  )

beforeEach(async () => {
  now = start
  for (const engine of settings.engines) Object.assign(engine, { stepMs: 0, ends: 'SUCCEEDED' })
  Object.assign(settings, { replicateClientsOnSave: false, unreplicatedReferences: [] })
  for (const { clientId } of sandbox.pingFederate.clients())
    await call('DELETE', `/oauth/clients/${clientId}`)
  await replicate()
})

test('lastConfigUpdateTime moves with every save, and not with a replication', async () => {
  const times: string[] = []
  const changes = [
    () => call('POST', '/oauth/clients', paWam),
    () => call('PUT', '/oauth/clients/pa_wam', paWam),
    () => call('PUT', '/oauth/clients/pa_wam/clientAuth/clientSecret', { secret: 'another' }),
    () => replicate(),
    () => call('DELETE', '/oauth/clients/pa_wam'),
    () => call('DELETE', '/oauth/clients/pa_wam'),
  ]
  for (const change of changes) {
    now += 1000
    await change()
    times.push((await status()).lastConfigUpdateTime.slice(17))
  }
  assert.deepEqual(times, ['01.000Z', '02.000Z', '03.000Z', '03.000Z', '05.000Z', '05.000Z'])
  assert.equal((await status()).lastReplicationTime, '2026-01-01T00:00:04.000Z')
})

test('an engine that has ended is out of date after a save until it is told', async () => {
  assert.deepEqual(await states(), ['SUCCEEDED', 'SUCCEEDED'])
  await call('POST', '/oauth/clients', paWam)
  assert.deepEqual(await states(), ['OUT_OF_DATE', 'OUT_OF_DATE'])
})

test('a slow engine goes through every state, while the console has nothing left to replicate', async () => {
  Object.assign(first, { stepMs: 10_000 })
  await call('POST', '/oauth/clients', paWam)
  await replicate()
  for (const state of ['OUT_OF_DATE', 'RETRIEVING', 'APPLYING'] as const) {
    assert.deepEqual(await states(), [state, 'SUCCEEDED'])
    assert.equal((await status()).replicationRequired, false)
    assert.equal(await canLogIn(), false)
    now += 10_000
  }
  assert.deepEqual(await states(), ['SUCCEEDED', 'SUCCEEDED'])
  assert.equal(await canLogIn(), true)
})

test('an engine that fails keeps what it had, until it is told again', async () => {
  Object.assign(first, { stepMs: 10_000, ends: 'FAILED' })
  await call('POST', '/oauth/clients', paWam)
  await replicate()
  now += 20_000
  assert.deepEqual(await states(), ['APPLYING', 'SUCCEEDED'])
  now += 10_000
  assert.deepEqual(await states(), ['FAILED', 'SUCCEEDED'])
  assert.equal(await canLogIn(), false)
  Object.assign(first, { stepMs: 0, ends: 'SUCCEEDED' })
  assert.deepEqual(await states(), ['FAILED', 'SUCCEEDED'])
  await replicate()
  assert.deepEqual(await states(), ['SUCCEEDED', 'SUCCEEDED'])
  assert.equal(await canLogIn(), true)
})

test('an engine hangs in any state as long as a test likes, and goes on when the test says so', async () => {
  await call('POST', '/oauth/clients', paWam)
  second.ends = 'OUT_OF_DATE'
  await replicate()
  for (const ends of ['OUT_OF_DATE', 'RETRIEVING', 'APPLYING', 'SUCCEEDED'] as const) {
    second.ends = ends
    assert.deepEqual(await states(), ['SUCCEEDED', ends])
    now += 1_000_000
  }
})

test('an engine names the save whose configuration it has', async () => {
  first.ends = 'RETRIEVING'
  await call('POST', '/oauth/clients', paWam)
  const [old] = await nodes()
  now += 1000
  await call('PUT', '/oauth/clients/pa_wam', paWam)
  now += 1000
  await replicate()
  const times = (await nodes()).map(({ configurationTimestamp }) => configurationTimestamp)
  assert.deepEqual(times, [old?.configurationTimestamp, '2026-01-01T00:00:01.000Z'])
})

/** What each runtime node answers to a login that nobody has begun before. */
const askEach = () =>
  Promise.all(
    sandbox.runtimeUrls.map(async url => {
      const query = new URLSearchParams({
        ...{ client_id: 'pa_wam', redirect_uri: paWam.redirectUris[0], response_type: 'code' },
        ...{ scope: 'openid', prompt: 'none' },
      })
      const answer = await fetch(`${url}/as/authorization.oauth2?${query}`, { redirect: 'manual' })
      const location = answer.headers.get('location')
      return location === null ? answer.status : new URL(location).searchParams.get('error')
    }),
  )

test('each engine answers logins at an address of its own, by what it has itself', async () => {
  assert.equal(sandbox.runtimeUrls.length, 2)
  second.ends = 'RETRIEVING'
  await call('POST', '/oauth/clients', paWam)
  await replicate()
  assert.deepEqual(await askEach(), ['login_required', 400])
  second.ends = 'SUCCEEDED'
  assert.deepEqual(await askEach(), ['login_required', 'login_required'])
})

const replicationStatus = async () => (await call('GET', '/oauth/clients/pa_wam')).body.replicationStatus

test('a client says nothing of its replication unless a save is meant to replicate it', async () => {
  await call('POST', '/oauth/clients', paWam)
  assert.equal(await replicationStatus(), undefined)
  settings.replicateClientsOnSave = true
  assert.equal(await replicationStatus(), 'NOT_REPLICATED')
})

test('REPLICATED for a client that its save has replicated alone, with slow engines, too', async () => {
  settings.replicateClientsOnSave = true
  for (const engine of settings.engines) engine.ends = 'RETRIEVING'
  await replicate()
  const { body } = await call('POST', '/oauth/clients', paWam)
  assert.equal(body.replicationStatus, 'REPLICATED')
  assert.equal((await status()).replicationRequired, false)
  assert.equal(await canLogIn(), true)
  for (const engine of settings.engines) engine.ends = 'SUCCEEDED'
  assert.equal(await replicationStatus(), 'REPLICATED')
})

for (const reference of [
  { defaultAccessTokenManagerRef: { id: 'jwt' } },
  { oidcPolicy: { policyGroup: { id: 'jwt' } } },
]) {
  test(`NOT_REPLICATED for a client with ${JSON.stringify(reference)} as long as that is not replicated`, async t => {
    settings.oidcPolicies.push('jwt')
    t.after(() => settings.oidcPolicies.pop())
    Object.assign(settings, { replicateClientsOnSave: true, unreplicatedReferences: ['jwt'] })
    await call('POST', '/oauth/clients', { ...paWam, clientId: 'other' })
    assert.equal((await status()).replicationRequired, false)
    const { body } = await call('POST', '/oauth/clients', { ...paWam, ...reference })
    assert.equal(body.replicationStatus, 'NOT_REPLICATED')
    assert.equal((await status()).replicationRequired, true)
    assert.deepEqual([await canLogIn(), await canLogIn('other')], [false, true])
    first.ends = 'APPLYING'
    await replicate()
    assert.equal(await replicationStatus(), 'NOT_REPLICATED')
    first.ends = 'SUCCEEDED'
    assert.equal(await replicationStatus(), 'REPLICATED')
    assert.deepEqual(settings.unreplicatedReferences, [])
  })
}
