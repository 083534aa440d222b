import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { putClockAhead } from '../database/put-clock-ahead.ts'
import { abandonCreate } from '../journal/journal.ts'
import { createRetrieval, lookUp, redeem } from '../secret-retrievals/retrievals.ts'
import { startReplica, startTestService } from '../service.ts'
import { fullest, smallest } from './requests.ts'

const server = usePostgresServer()

test('201, 200, 200, 410: a client made at one replica is read at another, its secret redeemed once', async t => {
  const first = await startTestService(t, { database: await server.createDatabase(t) })
  const second = await startReplica(t, first)
  const created = await first.call('POST', '/web-session-clients', { body: fullest })
  assert.equal(created.status, 201)
  const { retrieval, ...client } = created.body
  const read = await second.call('GET', '/web-session-clients/pay-portal')
  assert.equal(read.status, 200)
  const { retrieval: state, secretChangedAt, previousSecretEndsAt, secretDueAt, ...same } = read.body
  assert.deepEqual(same, client)
  assert.equal(state.state, 'outstanding')
  const redeemed = await second.call('POST', '/secret-retrievals', { body: { token: retrieval.token } })
  assert.equal(redeemed.status, 200)
  assert.equal((await redeem(first, retrieval.token)).status, 410)
  assert.equal((await lookUp(first, retrieval.token)).body.state, 'redeemed')
})

test('201 at one replica, the same 201 at the other under the same key, 422 with another body', async t => {
  const first = await startTestService(t, { database: await server.createDatabase(t) })
  const second = await startReplica(t, first)
  const headers = { 'idempotency-key': 'key-of-this-request' }
  const created = await first.call('POST', '/web-session-clients', { body: smallest, headers })
  const again = await second.call('POST', '/web-session-clients', { body: smallest, headers })
  assert.deepEqual([again.status, again.body], [201, created.body])
  const other = { ...smallest, name: 'another' }
  const reused = await second.call('POST', '/web-session-clients', { body: other, headers })
  assert.deepEqual([reused.status, reused.body.code], [422, 'idempotency_key_reused'])
})

test('200, 409 and 200: a dry run keeps nothing, neither of its own nor of what it finds abandoned', async t => {
  const database = await server.createDatabase(t)
  const first = await startTestService(t, { database })
  const dryRun = (body: object) => first.call('POST', '/web-session-clients?dryRun=true', { body })
  assert.equal((await dryRun(smallest)).status, 200)
  assert.equal((await first.call('GET', '/web-session-clients/pa_wam')).status, 404)
  await abandonCreate(first, { acts: false })
  assert.equal((await dryRun(smallest)).body.code, 'operation_in_progress')
  await execute(database, 'update operation set lease_until = database_time(-1)')
  assert.equal((await dryRun(smallest)).status, 200)
  assert.deepEqual(await execute(database, 'select state from operation'), [{ state: 'intended' }])
})

test('201 once and 409 for the others, when an id is created in every case of letters at two replicas at once', async t => {
  const first = await startTestService(t, { database: await server.createDatabase(t) })
  const second = await startReplica(t, first)
  const creates = ['pa_wam', 'PA_WAM', 'Pa_Wam', 'pA_wAM'].flatMap(clientId =>
    [first, second].map(({ call }) =>
      call('POST', '/web-session-clients', { body: { ...smallest, clientId } }),
    ),
  )
  const statuses = (await Promise.all(creates)).map(({ status }) => status)
  assert.deepEqual(statuses.sort(), [201, ...Array(7).fill(409)])
  assert.equal(first.sandbox.pingFederate.clients().length, 1)
})

test('200 page by page in the order of the bytes, and found by search whatever the case', async t => {
  const service = await startTestService(t, { database: await server.createDatabase(t) })
  const ids = ['B-1', 'a.1', 'aB', 'a_1', 'abc', 'b']
  for (const clientId of ids.toReversed()) await createRetrieval(service, { clientId })
  const seen: string[] = []
  let path = '/web-session-clients?limit=2'
  for (;;) {
    const { body } = await service.call('GET', path)
    seen.push(...body.items.map((item: { clientId: string }) => item.clientId))
    if (body.nextCursor === null) break
    path = `/web-session-clients?limit=2&cursor=${body.nextCursor}`
  }
  assert.deepEqual(seen, ids)
  const found = await service.call('GET', '/web-session-clients?search=AB')
  assert.deepEqual(
    found.body.items.map((item: { clientId: string }) => item.clientId),
    ['aB', 'abc'],
  )
})

test('204 revokes a token at every replica: 410 at the other', async t => {
  const first = await startTestService(t, { database: await server.createDatabase(t) })
  const second = await startReplica(t, first)
  const token = await createRetrieval(first)
  assert.equal((await second.call('DELETE', '/web-session-clients/pa_wam/retrieval')).status, 204)
  const gone = await redeem(first, token)
  assert.deepEqual([gone.status, gone.body.code], [410, 'retrieval_revoked'])
})

for (const [minutes, where] of [
  [20, 'ahead of'],
  [-20, 'behind'],
] as const)
  test(`201, 200: a token lives its time by the database’s clock, and a key too, though that is 20 minutes ${where} the replica’s`, async t => {
    const database = await server.createDatabase(t)
    const first = await startTestService(t, { database })
    const beside = new pg.Client(database)
    await beside.connect()
    t.after(() => beside.end())
    await putClockAhead(beside, minutes)
    const service = await startReplica(t, first)
    const headers = { 'idempotency-key': 'key-of-this-request' }
    const body = { ...smallest, retrieval: { ttlSeconds: 900 } }
    const created = await service.call('POST', '/web-session-clients', { body, headers })
    assert.equal(created.status, 201)
    const { rows } = await beside.query(`
      select extract(epoch from r.expires_at::timestamptz - r.created_at::timestamptz)::float as token,
        extract(epoch from i.expires_at::timestamptz - i.created_at::timestamptz)::float as key
      from retrieval r, idempotency i`)
    const [{ token, key }] = rows
    // What lies between the two stamps of each is the request's own time.
    assert.ok(token <= 900 && token > 840, `${token} s`)
    assert.ok(key <= 48 * 3_600 && key > 48 * 3_600 - 60, `${key} s`)
    const again = await service.call('POST', '/web-session-clients', { body, headers })
    assert.deepEqual([again.status, again.body], [201, created.body])
    assert.equal((await redeem(first, created.body.retrieval.token)).status, 200)
  })

test('410 for a token whose time is over by the database’s clock, and its sealed secret is erased', async t => {
  const database = await server.createDatabase(t)
  const service = await startTestService(t, { database })
  const token = await createRetrieval(service)
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  await beside.query('update retrieval set expires_at = database_time()')
  const late = await redeem(service, token)
  assert.deepEqual([late.status, late.body.code], [410, 'retrieval_expired'])
  const { rows } = await beside.query('select state, sealed from retrieval')
  assert.deepEqual(rows, [{ state: 'expired', sealed: null }])
})
