import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { DatabaseUnavailable } from '../../src/database/unavailable.ts'
import { recordPublishing } from '../../src/web-session-clients/record-publishing.ts'
import { audited } from '../audit/audited.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { openSqliteStore } from '../database/stores.ts'
import { startTestService, type TestService } from '../service.ts'
import { recordCalls, smallest } from './requests.ts'

const server = usePostgresServer()

const engines = {
  SQLite: {
    create: async () => undefined,
    refuse:
      "create trigger broken before insert on audit_event when new.action = 'cluster.publish' begin select raise(abort, 'no'); end",
  },
  PostgreSQL: {
    create: (t: TestContext) => server.createDatabase(t),
    refuse: `
      create function broken() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger broken before insert on audit_event for each row when (new.action = 'cluster.publish')
      execute function broken()`,
  },
}

const databaseOf = ({ env }: TestService): string => env['DATABASE_URL'] ?? ''

const readPublishing = async (service: TestService): Promise<unknown[][]> => {
  const events = await execute(
    databaseOf(service),
    "select outcome, reason, subject, address, team, client_id from audit_event where action = 'cluster.publish' order by audit_event_id",
  )
  return events.map(event => Object.values(event))
}

/** Until that many events are there: the service publishes after it has answered. */
const untilRecorded = async (service: TestService, count: number): Promise<unknown[][]> => {
  for (;;) {
    const events = await readPublishing(service)
    if (events.length >= count) return events
    await turn()
  }
}

const create = async ({ call }: TestService, clientId = 'pa_wam'): Promise<void> => {
  const { status, body } = await call('POST', '/web-session-clients', { body: { ...smallest, clientId } })
  assert.deepEqual([status, body.status], [201, 'replicating'])
}

const itself = ['web-session-clients:publishing', null, null, null]
const publish = { method: 'POST', path: '/cluster/replicate' }

for (const [engine, { create: createDatabase, refuse }] of Object.entries(engines)) {
  const start = async (t: TestContext): Promise<TestService> => {
    const database = await createDatabase(t)
    return startTestService(t, {
      sandbox: { cluster: 'clustered' },
      env: { PINGFEDERATE_REPLICATION: 'trigger' },
      ...(database !== undefined && { database }),
    })
  }

  test(`publishing is on record before it is asked for, and how it ended, on ${engine}`, async t => {
    const service = await start(t)
    const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
    const { struck } = service.sandbox.pingFederate.faults.next({
      match: publish,
      fault: { answerAfter: answers },
    })
    await create(service)
    await struck
    assert.deepEqual(await readPublishing(service), [['intended', null, ...itself]])
    answer()
    assert.deepEqual(await untilRecorded(service, 2), [
      ['intended', null, ...itself],
      ['done', null, ...itself],
    ])
  })

  test(`publishing that PingFederate does not confirm is on record as failed, on ${engine}`, async t => {
    const service = await start(t)
    service.sandbox.pingFederate.faults.always({
      match: publish,
      fault: { acts: false, answer: { kind: 'status', status: 500 } },
    })
    await create(service)
    assert.deepEqual(await untilRecorded(service, 2), [
      ['intended', null, ...itself],
      ['failed', 'pingfederate_error', ...itself],
    ])
  })

  test(`nothing is published where that cannot be recorded, and the status says so, on ${engine}`, async t => {
    const service = await start(t)
    await execute(databaseOf(service), refuse)
    const calls = recordCalls(service.sandbox)
    await create(service)
    const read = async () => (await service.call('GET', '/web-session-clients/pa_wam')).body.status
    let status = await read()
    while (status === 'replicating') status = await read()
    assert.equal(status, 'failed')
    assert.deepEqual(
      calls.filter(({ path }) => path === publish.path),
      [],
    )
  })
}

test('what waits while one publishing is under way shares the next, and its events', async t => {
  const service = await startTestService(t, {
    sandbox: { cluster: 'clustered' },
    env: { PINGFEDERATE_REPLICATION: 'trigger' },
  })
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: publish,
    fault: { answerAfter: answers },
  })
  await create(service, 'first')
  await struck
  for (const id of ['second', 'third', 'fourth']) await create(service, id)
  answer()
  const outcomes = (await untilRecorded(service, 4)).map(([outcome]) => outcome)
  assert.deepEqual(outcomes, ['intended', 'done', 'intended', 'done'])
})

for (const failure of [undefined, new Error('PingFederate is gone')])
  test(`publishing that ${failure ? 'failed is told as it failed' : 'was done is done'}, although the database fails to keep how it ended`, async t => {
    const store = await openSqliteStore(t)
    let failed = 0
    const failing: typeof store = {
      ...store,
      write: async (work, options) => {
        if (options?.durable !== false) return store.write(work, options)
        failed += 1
        throw new DatabaseUnavailable(new Error('the network is gone'))
      },
    }
    const replicate = async () => {
      if (failure) throw failure
    }
    const publishing = recordPublishing({
      store: audited(failing),
      pingFederate: { replicate },
      newId: () => 'id',
    })()
    await (failure ? assert.rejects(publishing, failure) : publishing)
    assert.equal(failed, 1)
  })
