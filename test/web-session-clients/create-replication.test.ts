import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService, type TestService } from '../service.ts'
import { recordCalls, smallest } from './requests.ts'

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

test('201 ready in a cluster that publishes clients when they are saved', async t => {
  const service = await startTestService(t, clustered)
  service.sandbox.pingFederate.settings.replicateClientsOnSave = true
  assert.equal(await create(service), 'ready')
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
