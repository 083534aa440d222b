import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { abandonCreate } from '../journal/journal.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { createUnderKey, recordCalls, smallest } from './requests.ts'

const create = async ({ call }: TestService): Promise<string> => {
  const { status, body } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 201)
  return body.status
}

const readStatus = async ({ call }: TestService): Promise<string> =>
  (await call('GET', '/web-session-clients/pa_wam')).body.status

/** Reads until the status is another; what a test waits for here happens after the answer, on its own. */
const nextStatus = async (service: TestService, before: string): Promise<string> => {
  const status = await readStatus(service)
  return status === before ? nextStatus(service, before) : status
}

const clustered = { sandbox: { cluster: 'clustered' as const } }

test('201 ready where there is no cluster', async t => {
  assert.equal(await create(await startTestService(t)), 'ready')
})

test('201 replicating in a cluster, and ready once an administrator has published', async t => {
  let now = Date.now()
  const service = await startTestService(t, { ...clustered, world: { now: () => now } })
  const calls = recordCalls(service.sandbox)
  assert.equal(await create(service), 'replicating')
  assert.equal(await readStatus(service), 'replicating')
  const { adminUrl, adminUsername, adminPassword } = service.sandbox
  await fetch(`${adminUrl}/pf-admin-api/v1/cluster/replicate`, {
    method: 'POST',
    headers: {
      'x-xsrf-header': 'test',
      authorization: `Basic ${Buffer.from(`${adminUsername}:${adminPassword}`).toString('base64')}`,
    },
  })
  now += 1_001
  assert.equal(await readStatus(service), 'ready')
  // The service has published nothing by itself.
  assert.equal(calls.filter(({ path }) => path === '/cluster/replicate').length, 1)
})

test('200: a list of clients that replicate has none that is found to be ready with the same request', async t => {
  let now = Date.now()
  const service = await startTestService(t, { ...clustered, world: { now: () => now } })
  await create(service)
  const list = async (status: string): Promise<string[]> => {
    const { body } = await service.call('GET', `/web-session-clients?status=${status}`)
    return body.items.map((item: { status: string }) => item.status)
  }
  assert.deepEqual(await list('replicating'), ['replicating'])
  assert.deepEqual(await list('ready'), [])
  await callAdminApi(service.sandbox, 'POST', '/cluster/replicate')
  now += 1_001
  assert.deepEqual(await list('replicating'), [])
  assert.deepEqual(await list('ready'), ['ready'])
})

test('201 ready in a cluster that publishes clients when they are saved', async t => {
  const service = await startTestService(t, clustered)
  service.sandbox.pingFederate.settings.replicateClientsOnSave = true
  assert.equal(await create(service), 'ready')
})

test('201 replicating for a client that is not replicated with its save, and ready once it says so itself', async t => {
  let now = Date.now()
  const service = await startTestService(t, { ...clustered, world: { now: () => now } })
  const { settings } = service.sandbox.pingFederate
  settings.replicateClientsOnSave = true
  settings.unreplicatedReferences = ['jwt']
  const body = { ...smallest, accessTokenManager: 'jwt' }
  const created = await service.call('POST', '/web-session-clients', { body })
  assert.deepEqual([created.status, created.body.status], [201, 'replicating'])
  assert.equal(await readStatus(service), 'replicating')
  settings.unreplicatedReferences = []
  const path = '/oauth/clients/pa_wam'
  await callAdminApi(service.sandbox, 'PUT', path, (await callAdminApi(service.sandbox, 'GET', path)).body)
  now += 1_001
  assert.equal(await readStatus(service), 'ready')
})

test('201 ready without asking the cluster when clients are stored outside', async t => {
  const service = await startTestService(t, { ...clustered, env: { PINGFEDERATE_REPLICATION: 'none' } })
  const calls = recordCalls(service.sandbox)
  assert.equal(await create(service), 'ready')
  assert.deepEqual(
    calls.map(({ path }) => path),
    ['/oauth/clients'],
  )
})

test('201 replicating, then ready because the service has the change published', async t => {
  const service = await startTestService(t, { ...clustered, env: { PINGFEDERATE_REPLICATION: 'trigger' } })
  const calls = recordCalls(service.sandbox)
  assert.equal(await create(service), 'replicating')
  assert.equal(await nextStatus(service, 'replicating'), 'ready')
  assert.equal(calls.filter(({ path }) => path === '/cluster/replicate').length, 1)
})

test('201 replicating, then failed when publishing fails, and the log says why', async t => {
  const service = await startTestService(t, { ...clustered, env: { PINGFEDERATE_REPLICATION: 'trigger' } })
  service.sandbox.pingFederate.faults.always({
    match: { path: '/cluster/replicate' },
    fault: { acts: false, answer: { kind: 'status', status: 500 } },
  })
  assert.equal(await create(service), 'replicating')
  assert.equal(await nextStatus(service, 'replicating'), 'failed')
  assert.ok(service.logLines.some(line => line.includes('replication could not be triggered')))
})

test('201 replicating when the cluster cannot be asked: the client exists, and nothing more is claimed', async t => {
  const service = await startTestService(t, clustered)
  service.sandbox.pingFederate.faults.always({
    match: { path: /^\/cluster/ },
    fault: { acts: false, answer: { kind: 'drop' } },
  })
  assert.equal(await create(service), 'replicating')
  assert.equal(await readStatus(service), 'replicating')
})

const trigger = { ...clustered, env: { PINGFEDERATE_REPLICATION: 'trigger' } }
const later = { now: () => Date.now() + laterThanLeasesMs }

/** Until what the database says of every client is this. */
const allStored = async ({ databasePath }: TestService, replication: string): Promise<void> => {
  const others = () => readRows(databasePath, `select 1 from client where replication <> '${replication}'`)
  while (others().length > 0) await turn()
}

test('clients that recovery finds made are published too, all of them by one replication', async t => {
  const first = await startTestService(t, trigger)
  for (const clientId of ['one', 'two', 'three']) await abandonCreate(first, { acts: true }, clientId)
  await first.stop()
  const calls = recordCalls(first.sandbox)
  const second = await startTestService(t, { ...trigger, after: first, world: later })
  await allStored(second, 'ready')
  assert.equal(readRows(second.databasePath, 'select 1 from client').length, 3)
  assert.equal(calls.filter(({ path }) => path === '/cluster/replicate').length, 1)
})

test('201 replicating for a repetition that finds its client made, which is then published', async t => {
  let ahead = 0
  const service = await startTestService(t, { ...trigger, world: { now: () => Date.now() + ahead } })
  const { key } = await abandonCreate(service, { acts: true })
  ahead = laterThanLeasesMs
  const { status, body } = await createUnderKey(service, key)
  assert.deepEqual([status, body.status], [201, 'replicating'])
  await allStored(service, 'ready')
})
