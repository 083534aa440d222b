import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startReplica, startTestService, type TestService } from '../service.ts'
import { recordCalls, smallest, writesOf } from '../web-session-clients/requests.ts'
import { useOwnPostgresServer } from './postgres-server.ts'
import { startProxy } from './proxy.ts'
import { putClockAhead } from './put-clock-ahead.ts'
import { openPostgresStore } from './stores.ts'

const server = useOwnPostgresServer()

/** The service on an empty database, and a connection of one's own beside it. */
const start = async (t: TestContext) => {
  const database = await server.createDatabase()
  const service = await startTestService(t, { database })
  return { service, database, beside: await connectBeside(t, database) }
}

const connectBeside = async (t: TestContext, database: string): Promise<pg.Client> => {
  const client = new pg.Client(database)
  client.on('error', () => undefined)
  await client.connect()
  t.after(() => client.end().catch(() => undefined))
  return client
}

/** The service behind a proxy that cuts connections. */
const startBehindProxy = async (t: TestContext) => {
  const database = await server.createDatabase()
  const proxy = await startProxy(t, database)
  return { service: await startTestService(t, { database: proxy.url }), proxy, database }
}

const create = ({ call }: TestService, clientId = 'pa_wam', key = 'key-of-this-request'): Promise<Answer> =>
  call('POST', '/web-session-clients', {
    body: { ...smallest, clientId },
    headers: { 'idempotency-key': key },
  })

const assertUnavailable = ({ status, body, headers }: Answer): void => {
  assert.equal(status, 503)
  assert.equal(body.code, 'database_unavailable')
  assert.ok(Number(headers.get('retry-after')) > 0)
}

/** Ends the leases of all operations, as time would. */
const endLeases = (beside: pg.Client): Promise<unknown> =>
  beside.query("update operation set lease_until = '2026-01-01T00:00:00.000Z'")

test('37: 503 while another holds a lock, after a bounded wait; PingFederate is not called; then as usual', async t => {
  const { service, beside } = await start(t)
  const token = await createRetrieval(service, { clientId: 'first' })
  const calls = recordCalls(service.sandbox)
  await beside.query('begin; lock table retrieval')
  for (const answer of await Promise.all([redeem(service, token), create(service)])) assertUnavailable(answer)
  assert.deepEqual(writesOf(calls), [])
  await beside.query('rollback')
  assert.equal((await redeem(service, token)).status, 200)
  assert.equal((await create(service)).status, 201)
})

test('37: 503 for every request when more wait than there are connections, and nothing is left behind', async t => {
  const { service, beside } = await start(t)
  await beside.query('begin; lock table client')
  const creates = Array.from({ length: 30 }, (_, index) =>
    create(service, `client-${index}`, `key-of-request-${index}`),
  )
  for (const answer of await Promise.all(creates)) assertUnavailable(answer)
  await beside.query('rollback')
  assert.equal((await beside.query('select 1 from operation')).rowCount, 0)
  assert.equal((await create(service)).status, 201)
})

test('36: 503 after a fail-over to a read-only server, PingFederate not called; 201 when it can be written to again', async t => {
  const { service, beside } = await start(t)
  const name = new URL(service.env['DATABASE_URL'] ?? '').pathname.slice(1)
  const others =
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()'
  const calls = recordCalls(service.sandbox)
  await beside.query(`alter database ${name} set default_transaction_read_only = on`)
  await beside.query(others, [name])
  for (const key of ['first-request-key', 'second-request-key', 'third-request-key'])
    assertUnavailable(await create(service, 'pa_wam', key))
  assert.deepEqual(writesOf(calls), [])
  await beside.query('set transaction read write')
  await beside.query(
    `begin; set transaction read write; alter database ${name} reset default_transaction_read_only; commit`,
  )
  assert.equal((await create(service)).status, 201)
})

test('34: 503 when the server dies under a waiting request; the process lives, and works again with the server', async t => {
  const { service, beside } = await start(t)
  const token = await createRetrieval(service, { clientId: 'first' })
  await beside.query('begin; lock table client')
  const waiting = create(service)
  await lockIsAwaited(beside)
  await server.crash()
  assertUnavailable(await waiting)
  assertUnavailable(await redeem(service, token))
  assert.equal((await service.call('GET', '/health/ready', { as: null })).status, 503)
  assert.equal((await service.call('GET', '/health/live', { as: null })).status, 200)
  await server.start()
  assert.equal((await redeem(service, token)).status, 200)
  assert.equal((await create(service)).status, 201)
})

const lockIsAwaited = async (beside: pg.Client): Promise<void> => {
  const query = 'select 1 from pg_locks where not granted'
  while ((await beside.query(query)).rowCount === 0) await new Promise(setImmediate)
}

test('35: 201 when the connection is cut between the first commit and its answer: it is read again whether it was kept', async t => {
  const { service, proxy } = await startBehindProxy(t)
  const calls = recordCalls(service.sandbox)
  const { struck } = proxy.cut({ after: 'provisioning', committed: true })
  const created = await create(service)
  await struck
  assert.equal(created.status, 201)
  assert.equal(writesOf(calls).length, 1)
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
})

test('35: 503 when the connection is cut before the first commit: PingFederate is not called, and the same request is 201', async t => {
  const { service, proxy } = await startBehindProxy(t)
  const calls = recordCalls(service.sandbox)
  proxy.cut({ after: 'provisioning', committed: false })
  assertUnavailable(await create(service))
  assert.deepEqual(writesOf(calls), [])
  assert.equal((await create(service)).status, 201)
})

test('35: 504 when the last commit’s answer is lost, and the same request gets the client that was made', async t => {
  const { service, proxy } = await startBehindProxy(t)
  proxy.cut({ after: 'active', committed: true })
  const lost = await create(service)
  assert.deepEqual([lost.status, lost.body.code], [504, 'outcome_unknown'])
  const again = await create(service)
  assert.equal(again.status, 201)
  assert.equal(service.sandbox.pingFederate.clients().length, 1)
  assert.equal((await redeem(service, again.body.retrieval.token)).status, 200)
})

test('35: 504 when the last commit is lost, and the recovery of any replica finishes what PingFederate shows', async t => {
  const { service, proxy, database } = await startBehindProxy(t)
  proxy.cut({ after: 'active', committed: false })
  const lost = await create(service)
  assert.deepEqual([lost.status, lost.body.code], [504, 'outcome_unknown'])
  await endLeases(await connectBeside(t, database))
  const replica = await startReplica(t, service)
  let operation = await replica.call('GET', lost.body.operation)
  while (operation.body.state === 'intended') operation = await replica.call('GET', lost.body.operation)
  assert.equal(operation.body.state, 'done')
  const again = await create(replica)
  assert.equal(again.status, 201)
  assert.equal(service.sandbox.pingFederate.clients().length, 1)
  assert.equal((await redeem(service, again.body.retrieval.token)).status, 200)
})

for (const committed of [true, false]) {
  test(`503 when a redemption’s commit is ${committed ? 'kept but its answer' : ''} lost, and the token is ${committed ? 'gone' : 'as good as before'}`, async t => {
    const { service, proxy } = await startBehindProxy(t)
    const token = await createRetrieval(service)
    proxy.cut({ after: 'redeemed', committed })
    assertUnavailable(await redeem(service, token))
    assert.equal((await redeem(service, token)).status, committed ? 410 : 200)
    assert.equal((await redeem(service, token)).status, 410)
  })
}

test('503 once at most, never 500, while a newer version adds a column', async t => {
  const { service, beside } = await start(t)
  assert.equal((await create(service)).status, 201)
  const read = () => service.call('GET', '/web-session-clients/pa_wam')
  // On several connections.
  assert.deepEqual(
    new Set((await Promise.all(Array.from({ length: 20 }, read))).map(({ status }) => status)),
    new Set([200]),
  )
  await beside.query('alter table client add column later text; alter table retrieval add column later text')
  const statuses: number[] = []
  for (let round = 0; round < 25; round += 1) statuses.push((await read()).status)
  assert.match(statuses.join(' '), /^(200|503)( 200){24}$/)
})

test('work that goes on after a failed statement is not taken for committed', async t => {
  const store = await openPostgresStore(t, await server.createDatabase())
  const write = store.write(trx => sql`select * from missing`.execute(trx).catch(() => 'went on'))
  await assert.rejects(write, { message: 'A statement had failed, so that nothing was committed.' })
  assert.equal(await store.write(async () => 'the next'), 'the next')
})

test('statements that are sent together all fail with the first that does, whose error is told', async t => {
  const store = await openPostgresStore(t, await server.createDatabase())
  const settled = await store
    .write(async trx => {
      const results = await Promise.allSettled([
        sql`select 1 / 0`.execute(trx),
        sql`select 1`.execute(trx),
        sql`select 2`.execute(trx),
      ])
      throw results
    })
    .catch(results => results as PromiseSettledResult<unknown>[])
  assert.ok(Array.isArray(settled))
  const codes = settled.map(each => each.status === 'rejected' && each.reason.code)
  assert.deepEqual(codes, ['22012', '25P02', '25P02'])
})

test('a connection keeps five hundred statements at most, however many lists of other lengths come', async t => {
  const store = await openPostgresStore(t, await server.createDatabase())
  const kept = await store.write(async trx => {
    for (let number = 0; number < 600; number += 1)
      await sql`select ${number}::int as ${sql.ref(`number_${number}`)}`.execute(trx)
    const { rows } = await sql<{ kept: string }>`select count(*) as kept from pg_prepared_statements`.execute(
      trx,
    )
    return Number(rows[0]?.kept)
  })
  assert.ok(kept > 400 && kept <= 500, String(kept))
})

test('when the database’s clock has been set, times are stamped by it from the next reading on', async t => {
  const database = await server.createDatabase()
  const store = await openPostgresStore(t, database)
  await putClockAhead(await connectBeside(t, database), 20)
  const before = store.now()
  await store.readClock()
  assert.ok(store.now() - before >= 20 * 60_000)
  assert.ok(Math.abs(before - Date.now()) < 60_000)
})
