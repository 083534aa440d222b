import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { DatabaseUnavailable } from '../../src/database/unavailable.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { untilSwept } from '../until-swept.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { abandonCreate } from './journal.ts'
import { createReadGate } from './read-gate.ts'

const body = { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'], logout: 'pingaccess' }
const lost = { kind: 'drop' } as const

test('an operation is leased for as long as all the calls can take that one create makes', async t => {
  const now = Date.now()
  const { sandbox, call, databasePath } = await startTestService(t, {
    sandbox: { cluster: 'clustered' },
    world: { now: () => now },
  })
  const { faults, onExchange } = sandbox.pingFederate
  const calls: string[] = []
  onExchange(({ method, path }) => calls.push(`${method} ${path}`))
  const match = { method: 'POST' }
  faults.next({ match, fault: { acts: false, answer: lost } })
  faults.next({ match, fault: { answer: lost } })
  assert.equal((await call('POST', '/web-session-clients', { body })).status, 201)
  assert.deepEqual(calls, [
    'GET /version',
    'POST /oauth/clients',
    'GET /oauth/clients/pa_wam',
    'POST /oauth/clients',
    'GET /oauth/clients/pa_wam',
    'GET /cluster/status',
    'GET /cluster/settings',
  ])
  const connection = new DatabaseSync(databasePath, { readOnly: true })
  t.after(() => connection.close())
  const leaseUntil = connection.prepare('select lease_until from operation').get()?.['lease_until']
  const timeoutMs = 10_000
  assert.ok(Date.parse(String(leaseUntil)) - now >= calls.length * timeoutMs)
})

test('504 with a Retry-After at which the same request is no longer told to wait', async t => {
  let now = Date.now()
  const { sandbox, call } = await startTestService(t, { world: { now: () => now } })
  const { faults } = sandbox.pingFederate
  faults.next({ match: { method: 'POST' }, fault: { acts: false, answer: lost } })
  faults.next({ match: { method: 'GET' }, fault: { answer: lost } })
  const create = () => call('POST', '/web-session-clients', { body: { ...body, logout: 'none' } })
  const { status, headers } = await create()
  assert.equal(status, 504)
  now += Number(headers.get('retry-after')) * 1000 + 1
  assert.equal((await create()).status, 201)
})

test('201 in a cluster that cannot be asked: `replicating`, which claims less', async t => {
  const { sandbox, call } = await startTestService(t)
  const answer = { kind: 'status', status: 503 } as const
  sandbox.pingFederate.faults.always({ match: { path: '/cluster/status' }, fault: { answer } })
  const { status, body: created } = await call('POST', '/web-session-clients', { body })
  assert.deepEqual([status, created.status], [201, 'replicating'])
})

test('201 and `failed` later, when publishing fails; `ready` once somebody else has published', async t => {
  let ahead = 0
  const { sandbox, call, logLines } = await startTestService(t, {
    sandbox: { cluster: 'clustered' },
    env: { PINGFEDERATE_REPLICATION: 'trigger' },
    world: { now: () => Date.now() + ahead },
  })
  const { faults } = sandbox.pingFederate
  const replicate = { path: '/cluster/replicate' }
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
  const fault = { acts: false, answerAfter: answers, answer: { kind: 'status', status: 500 } } as const
  const { struck } = faults.next({ match: replicate, fault })
  assert.equal((await call('POST', '/web-session-clients', { body })).body.status, 'replicating')
  await struck
  answer()
  const read = async () => (await call('GET', '/web-session-clients/pa_wam')).body.status
  let status = await read()
  while (status === 'replicating') status = await read()
  assert.equal(status, 'failed')
  assert.ok(logLines.some(line => line.includes('replication could not be triggered')))
  await callAdminApi(sandbox, 'POST', '/cluster/replicate')
  ahead += 2_000
  assert.equal(await read(), 'ready')
})

test('31: 504, not "nothing was done", when the database fails after PingFederate made the client', async t => {
  let ahead = 0
  const { sandbox, call, databasePath } = await startTestService(t, {
    world: { now: () => Date.now() + ahead },
  })
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
  const match = { method: 'POST' }
  const { struck } = sandbox.pingFederate.faults.next({ match, fault: { answerAfter: answers } })
  const creating = call('POST', '/web-session-clients', { body })
  await struck
  const other = new DatabaseSync(databasePath)
  t.after(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  answer()
  const { status, body: problem } = await creating
  assert.deepEqual([status, problem.code], [504, 'outcome_unknown'])
  assert.match(problem.operation, /^\/operations\/[0-9a-f-]{36}$/)
  other.exec('ROLLBACK')
  ahead += laterThanLeasesMs
  assert.equal((await call('POST', '/web-session-clients', { body })).body.code, 'client_id_taken')
  assert.equal((await call('GET', '/web-session-clients/pa_wam')).status, 200)
})

test('30: 503 and not one call to PingFederate, when the database fails before', async t => {
  const { sandbox, call, databasePath } = await startTestService(t)
  let calls = 0
  sandbox.pingFederate.onExchange(() => {
    calls += 1
  })
  const other = new DatabaseSync(databasePath)
  t.after(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const { status, body: problem } = await call('POST', '/web-session-clients', { body })
  // Or the service would wait for the lock once more as it stops.
  other.exec('ROLLBACK')
  assert.deepEqual([status, problem.code, calls], [503, 'database_unavailable', 0])
})

/** A service that fails to write the next thing which need not be durable, with that error, once `failNext` is called. */
const startFailing = async (t: TestContext, error: Error) => {
  const state = { ahead: 0, isDue: false, failed: 0 }
  const wrapStore = (store: Store): Store => ({
    ...store,
    write: async (work, options) => {
      if (!state.isDue || options?.durable !== false) return store.write(work, options)
      state.isDue = false
      state.failed += 1
      throw error
    },
  })
  const world = { now: () => Date.now() + state.ahead }
  const service = await startTestService(t, { world, wrapStore })
  await untilSwept(service)
  const failNext = () => {
    state.isDue = true
  }
  const outliveLeases = () => {
    state.ahead += laterThanLeasesMs
  }
  return { ...service, failNext, outliveLeases, failed: () => state.failed }
}

const unavailable = new DatabaseUnavailable(new Error('the network is gone'))
const refused = {
  kind: 'status',
  status: 422,
  body: { resultId: 'validation_error', message: 'No such policy.' },
} as const

test('422 in PingFederate’s words although the database fails when the refusal is to be kept; the operation is settled later', async t => {
  const service = await startFailing(t, unavailable)
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: { method: 'POST' }, fault: { acts: false, answer: refused } })
  const key = createKey()
  service.failNext()
  const answer = await createUnderKey(service, key)
  assert.deepEqual([answer.status, answer.body.code], [422, 'refused_by_pingfederate'])
  assert.equal(service.failed(), 1)
  assert.equal((await createUnderKey(service, key)).body.code, 'operation_in_progress')
  service.outliveLeases()
  assert.equal((await createUnderKey(service, key)).status, 201)
})

test('500 where the refusal cannot be kept for a defect: that is not taken for a database that fails', async t => {
  const service = await startFailing(t, new Error('a defect'))
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: { method: 'POST' }, fault: { acts: false, answer: refused } })
  service.failNext()
  const { status, body: problem } = await service.call('POST', '/web-session-clients', { body })
  assert.deepEqual([status, problem.code], [500, 'internal_error'])
})

/** So long is what nobody could end earlier leased: the calls of a create, each as long as it may take. */
const leaseSeconds = '90'

type Planned = Parameters<TestService['sandbox']['pingFederate']['faults']['next']>[0]

const laterEnds: [string, Planned[]][] = [
  [
    'the lease of an open create cannot be ended earlier',
    [
      { match: { method: 'POST' }, fault: { acts: false, answer: lost } },
      { match: { method: 'GET' }, fault: { answer: lost } },
    ],
  ],
  ['what PingFederate made cannot be kept', []],
]
for (const [what, planned] of laterEnds)
  test(`504 with a Retry-After as long as the lease when the database fails so that ${what}`, async t => {
    const service = await startFailing(t, unavailable)
    for (const each of planned) service.sandbox.pingFederate.faults.next(each)
    service.failNext()
    const { status, headers } = await service.call('POST', '/web-session-clients', { body: smallest })
    assert.deepEqual([status, headers.get('retry-after')], [504, leaseSeconds])
    assert.equal(service.failed(), 1)
  })

/** A service with one place for changes, for which nobody waits. */
const startWithOnePlace = async (t: TestContext, wrapStore: (store: Store) => Store = store => store) => {
  let ahead = 0
  const env = { PINGFEDERATE_CONCURRENCY: '2', PINGFEDERATE_QUEUE: '0' }
  const world = { now: () => Date.now() + ahead }
  const service = await startTestService(t, { env, wrapStore, world })
  await untilSwept(service)
  const outliveLeases = () => {
    ahead += laterThanLeasesMs
  }
  /** Another create takes the place, until `free` is called. */
  const occupy = async () => {
    const answering = Promise.withResolvers<void>()
    t.after(() => answering.resolve())
    const { struck } = service.sandbox.pingFederate.faults.next({
      match: { method: 'POST' },
      fault: { answerAfter: answering.promise },
    })
    const other = service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'other' } })
    await struck
    const free = async () => {
      answering.resolve()
      assert.equal((await other).status, 201)
    }
    return { free }
  }
  return { ...service, occupy, outliveLeases }
}

test('201 again for a repetition whose first request began and ended while this one looked for what stands in its way', async t => {
  const gate = createReadGate()
  t.after(() => gate.resume())
  const service = await startWithOnePlace(t, store => ({ ...store, db: store.db.withPlugin(gate.plugin) }))
  const { free } = await service.occupy()
  const key = createKey()
  gate.arm()
  const repetition = createUnderKey(service, key)
  await gate.read
  await free()
  const first = await createUnderKey(service, key)
  assert.equal(first.status, 201)
  gate.resume()
  const repeated = await repetition
  assert.deepEqual([repeated.status, repeated.body], [201, first.body])
})

test('201 again, 409 and 503 while there is no place: only what needs PingFederate is refused for want of one', async t => {
  const service = await startWithOnePlace(t)
  const key = createKey()
  const first = await createUnderKey(service, key)
  const { free } = await service.occupy()
  const repeated = await createUnderKey(service, key)
  assert.deepEqual([repeated.status, repeated.body], [201, first.body])
  assert.equal((await createUnderKey(service, createKey())).body.code, 'client_id_taken')
  const fresh = { body: { ...smallest, clientId: 'fresh' } }
  const refusal = await createUnderKey(service, createKey(), fresh)
  assert.deepEqual([refusal.status, refusal.body.code], [503, 'pingfederate_busy'])
  await free()
})

for (const acts of [true, false])
  test(`${acts ? 409 : 503} while there is no place, after a create that nobody ended and that ${acts ? 'made' : 'did not make'} the client`, async t => {
    const service = await startWithOnePlace(t)
    await abandonCreate(service, { acts })
    service.outliveLeases()
    const { free } = await service.occupy()
    const { body: problem } = await createUnderKey(service, createKey())
    assert.equal(problem.code, acts ? 'client_id_taken' : 'pingfederate_busy')
    await free()
  })
