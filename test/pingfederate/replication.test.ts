import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Config } from '../../src/config.ts'
import { createReplication } from '../../src/pingfederate/replication.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { clientSecret, newClient, startUpstream } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const replicate = { method: 'POST', path: '/cluster/replicate' }
const failing = { answer: { kind: 'status', status: 503 } } as const

type Options = { mode?: Config['pingFederate']['replication']; cluster?: 'standalone' | 'clustered' }

const start = async (t: TestContext, { mode = 'report', cluster = 'clustered' }: Options = {}) => {
  const clock = { now: Date.now() }
  const upstream = await startUpstream(t, { sandbox: { cluster, now: () => new Date(clock.now) } })
  const failures: unknown[] = []
  const { pingFederate, exchanges } = upstream
  const onFailure = (error: unknown) => failures.push(error)
  const replication = createReplication({ mode, pingFederate, now: () => clock.now, onFailure })
  const save = (clientId = 'pa_wam') =>
    pingFederate.createClient(newClient({}, clientId), clientSecret, operationId)
  const replications = () => exchanges.filter(({ path }) => path === replicate.path).length
  return { ...upstream, replication, clock, failures, save, replications }
}

test('`ready` at once on a single node, which is asked once a minute', async t => {
  const { replication, calls, clock } = await start(t, { cluster: 'standalone' })
  assert.equal(await replication.statusAfterSave(), 'ready')
  assert.equal(await replication.statusAfterSave(), 'ready')
  assert.deepEqual(calls(), ['GET /cluster/status'])
  clock.now += 60_001
  assert.equal(await replication.statusAfterSave(), 'ready')
  assert.equal(calls().length, 2)
})

test('`replicating` in a cluster, `ready` in one that replicates clients on save', async t => {
  const { replication, sandbox, clock, save } = await start(t)
  assert.equal(await replication.statusAfterSave(), 'replicating')
  sandbox.pingFederate.settings.replicateClientsOnSave = true
  clock.now += 60_001
  assert.equal(await replication.statusAfterSave(await save()), 'ready')
})

test('`replicating` while PingFederate cannot say, and it is asked again next time', async t => {
  for (const path of ['/cluster/status', '/cluster/settings']) {
    const { replication, sandbox } = await start(t)
    sandbox.pingFederate.settings.replicateClientsOnSave = true
    sandbox.pingFederate.faults.next({ match: { path }, fault: failing })
    assert.equal(await replication.statusAfterSave(), 'replicating')
    assert.equal(await replication.statusAfterSave(), 'ready')
  }
})

test('`none` never asks and always says `ready`', async t => {
  const { replication, calls } = await start(t, { mode: 'none' })
  assert.equal(await replication.statusAfterSave(), 'ready')
  assert.equal(await replication.findStatus(null), 'ready')
  assert.deepEqual(calls(), [])
})

test('a client is published once somebody has replicated after it was saved', async t => {
  const { replication, sandbox, clock, save } = await start(t)
  const { savedAt } = await save()
  await replication.statusAfterSave()
  assert.equal(await replication.findStatus(savedAt), 'replicating')
  clock.now += 2_000
  await callAdminApi(sandbox, 'POST', '/cluster/replicate')
  assert.equal(await replication.findStatus(savedAt), 'ready')
  clock.now += 2_000
  // Another change is waiting now, but this client has been published.
  await callAdminApi(sandbox, 'POST', '/oauth/clients', { ...paWam, clientId: 'another' })
  clock.now += 2_000
  assert.equal(await replication.findStatus(savedAt), 'ready')
})

test('what was read of the cluster before a client was saved says nothing about that client', async t => {
  const { replication, save } = await start(t)
  assert.equal(await replication.findStatus(null), 'ready')
  const { savedAt } = await save()
  assert.equal(await replication.statusAfterSave(), 'replicating')
  assert.equal(await replication.findStatus(savedAt), 'replicating')
})

test('twenty readers share one question, for a second', async t => {
  const { replication, calls, clock } = await start(t)
  const ask = () => Promise.all(Array.from({ length: 20 }, () => replication.findStatus(null)))
  await ask()
  await ask()
  assert.deepEqual(calls(), ['GET /cluster/status'])
  clock.now += 1_001
  await ask()
  assert.equal(calls().length, 2)
})

test('no status while PingFederate cannot be asked, which is not remembered', async t => {
  const { replication, sandbox } = await start(t)
  sandbox.pingFederate.faults.next({ fault: failing })
  assert.equal(await replication.findStatus(null), undefined)
  assert.equal(await replication.findStatus(null), 'ready')
})

test('ten that want to publish while a replication runs share one more', async t => {
  const { replication, sandbox, replications } = await start(t)
  const { promise: finishes, resolve: finish } = Promise.withResolvers<void>()
  const fault = { answerAfter: finishes }
  const { struck } = sandbox.pingFederate.faults.next({ match: replicate, fault })
  const first = replication.publish()
  await struck
  const others = Array.from({ length: 10 }, () => replication.publish())
  finish()
  assert.deepEqual(await Promise.all([first, ...others]), Array(11).fill(true))
  assert.equal(replications(), 2)
  assert.equal(await replication.publish(), true)
  assert.equal(replications(), 3)
})

test('a replication that fails fails those it was for; those that wait get one of their own', async t => {
  const { replication, sandbox, failures, replications } = await start(t)
  const { promise: finishes, resolve: finish } = Promise.withResolvers<void>()
  const fault = { ...failing, acts: false, answerAfter: finishes }
  const { struck } = sandbox.pingFederate.faults.next({ match: replicate, fault })
  const first = replication.publish()
  await struck
  const second = replication.publish()
  finish()
  assert.deepEqual(await Promise.all([first, second]), [false, true])
  assert.equal(failures.length, 1)
  assert.equal(replications(), 2)
})

test('73: `replicating` while any engine is on its way, `failed` for one that failed, `ready` once every one succeeded', async t => {
  const { replication, sandbox, clock, save } = await start(t)
  const { engines } = sandbox.pingFederate.settings
  const { savedAt } = await save()
  await replication.statusAfterSave()
  const statusWith = async (ends: (typeof engines)[number]['ends']) => {
    clock.now += 2_000
    engines[1].ends = ends
    await callAdminApi(sandbox, 'POST', '/cluster/replicate')
    return replication.findStatus(savedAt)
  }
  for (const ends of ['OUT_OF_DATE', 'RETRIEVING', 'APPLYING'] as const)
    assert.equal(await statusWith(ends), 'replicating')
  assert.equal(await statusWith('FAILED'), 'failed')
  assert.equal(await statusWith('SUCCEEDED'), 'ready')
})

test('73: `replicating` for a client that says it was not replicated with its save', async t => {
  const { replication, sandbox, pingFederate } = await start(t)
  const { settings } = sandbox.pingFederate
  settings.replicateClientsOnSave = true
  settings.unreplicatedReferences = ['jwt']
  const saved = await pingFederate.createClient(
    newClient({ accessTokenManager: 'jwt' }),
    clientSecret,
    operationId,
  )
  assert.equal(await replication.statusAfterSave(saved), 'replicating')
})

/** A cluster that hands clients over on save, with one that refers to what it has not handed over yet. */
const saveHeldBack = async (t: TestContext) => {
  const started = await start(t)
  const { settings } = started.sandbox.pingFederate
  settings.replicateClientsOnSave = true
  settings.unreplicatedReferences = ['jwt']
  const saveAgain = () =>
    started.pingFederate.replaceClient(newClient({ accessTokenManager: 'jwt' }), clientSecret, operationId)
  const client = newClient({ accessTokenManager: 'jwt' })
  const saved = await started.pingFederate.createClient(client, clientSecret, operationId)
  return { ...started, settings, savedAt: saved.savedAt, saveAgain }
}

test('73: `ready` once such a client says by itself that it is replicated, though the cluster has something else to publish', async t => {
  const { replication, settings, savedAt, saveAgain } = await saveHeldBack(t)
  assert.equal(await replication.findStatusOf('pa_wam', savedAt), 'replicating')
  settings.unreplicatedReferences = []
  await saveAgain()
  assert.equal(await replication.findStatus(savedAt), 'replicating')
  assert.equal(await replication.findStatusOf('pa_wam', savedAt), 'ready')
})

test('73: `replicating` while such a client cannot be asked, or is gone', async t => {
  const { replication, settings, sandbox, savedAt, saveAgain } = await saveHeldBack(t)
  settings.unreplicatedReferences = []
  await saveAgain()
  sandbox.pingFederate.faults.next({ match: { path: '/oauth/clients/pa_wam' }, fault: failing })
  assert.equal(await replication.findStatusOf('pa_wam', savedAt), 'replicating')
  await callAdminApi(sandbox, 'DELETE', '/oauth/clients/pa_wam')
  assert.equal(await replication.findStatusOf('pa_wam', savedAt), 'replicating')
})

test('a client is not asked itself where its save replicates nothing, or where the cluster cannot be asked', async t => {
  const { replication, sandbox, save, calls } = await start(t)
  const { savedAt } = await save()
  assert.equal(await replication.findStatusOf('pa_wam', savedAt), 'replicating')
  sandbox.pingFederate.faults.always({ match: { path: '/cluster/status' }, fault: failing })
  await replication.statusAfterSave()
  assert.equal(await replication.findStatusOf('pa_wam', savedAt), undefined)
  assert.ok(!calls().some(each => each.startsWith('GET /oauth/clients')))
})

test('74: a page that refuses to tell of the cluster is no cluster’s absence, and nothing is known from it', async t => {
  const { replication, sandbox, save } = await start(t)
  const page = { answer: { kind: 'status', status: 403, body: '<html>' } } as const
  const { savedAt } = await save()
  sandbox.pingFederate.faults.next({ match: { path: '/cluster/status' }, fault: page })
  assert.equal(await replication.statusAfterSave(), 'replicating')
  sandbox.pingFederate.faults.next({ match: { path: '/cluster/status' }, fault: page })
  assert.equal(await replication.findStatus(savedAt), undefined)
  assert.equal(await replication.findStatus(savedAt), 'replicating')
})
