import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { laterThanLeasesMs, startTestService } from '../service.ts'

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
  assert.deepEqual([status, problem.code, calls], [503, 'database_unavailable', 0])
})
