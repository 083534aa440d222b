import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { openJournal } from '../journal/journal.ts'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { createRetrieval, lookUp, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { recordCalls, smallest } from '../web-session-clients/requests.ts'

const server = usePostgresServer()

const engines = {
  SQLite: {
    start: (t: TestContext) => startTestService(t),
    refuse: (condition: string) =>
      `create trigger broken before insert on audit_event when ${condition} begin select raise(abort, 'no'); end`,
    repair: 'drop trigger broken',
  },
  PostgreSQL: {
    start: async (t: TestContext) => startTestService(t, { database: await server.createDatabase(t) }),
    refuse: (condition: string) => `
      create function broken() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger broken before insert on audit_event for each row when (${condition}) execute function broken()`,
    repair: 'drop trigger broken on audit_event; drop function broken',
  },
}

const databaseOf = ({ env }: TestService): string => env['DATABASE_URL'] ?? ''

for (const [engine, { start, refuse, repair }] of Object.entries(engines)) {
  /** A service on a database that takes no audit event of that kind, until it is repaired. */
  const startBroken = async (service: TestService, condition = 'true') => {
    await execute(databaseOf(service), refuse(condition))
    return () => execute(databaseOf(service), repair)
  }

  describe(`without an audit event nothing happens, on ${engine}`, () => {
    test('500 and no secret for a redemption; the token works once events are written again', async t => {
      const service = await start(t)
      const token = await createRetrieval(service)
      const repaired = await startBroken(service)
      const { status, body } = await redeem(service, token)
      assert.equal(status, 500)
      assert.equal(body.clientSecret, undefined)
      assert.equal(sumOf(await readMetrics(service), 'web_session_clients_audit_failures_total'), 1)
      assert.equal((await lookUp(service, token)).body.state, 'outstanding')
      await repaired()
      assert.equal((await redeem(service, token)).status, 200)
    })

    test('500 for a create, before PingFederate is asked for anything, and the client id stays free', async t => {
      const service = await start(t)
      const repaired = await startBroken(service)
      const calls = recordCalls(service.sandbox)
      assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 500)
      assert.deepEqual(calls, [])
      await repaired()
      assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
    })

    test('500 for a revocation, and the token still works', async t => {
      const service = await start(t)
      const token = await createRetrieval(service)
      await startBroken(service, "new.action = 'retrieval.revoke'")
      const { status } = await service.call('DELETE', '/web-session-clients/pa_wam/retrieval')
      assert.equal(status, 500)
      assert.equal((await redeem(service, token)).status, 200)
    })

    test('500 for a create whose end is not recorded: it stays open, and recovery ends it with its event', async t => {
      const service = await start(t)
      const repaired = await startBroken(service, "new.outcome = 'done'")
      assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 500)
      assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 404)
      await repaired()
      await service.stop()
      const { recover, states } = await openJournal(t, service)
      assert.deepEqual(await states(), ['intended'])
      await execute(databaseOf(service), "update operation set lease_until = '2026-01-01T00:00:00.000Z'")
      await recover()
      assert.deepEqual(await states(), ['done'])
      const events = await execute(
        databaseOf(service),
        "select subject from audit_event where outcome = 'done'",
      )
      assert.deepEqual(
        events.map(({ subject }) => subject),
        ['web-session-clients:recovery'],
      )
    })
  })

  describe(`an audit event that cannot be written is one event, on ${engine}`, () => {
    test('404 for many at once of which one cannot be recorded: all the others are', async t => {
      const service = await start(t)
      await startBroken(service, "new.client_id = 'client-7'")
      const ids = Array.from({ length: 20 }, (_, index) => `client-${index}`)
      const answers = await Promise.all(ids.map(id => service.call('GET', `/web-session-clients/${id}`)))
      assert.ok(answers.every(({ status }) => status === 404))
      const events = await execute(databaseOf(service), 'select client_id from audit_event')
      assert.deepEqual(
        events.map(event => event['client_id']).toSorted(),
        ids.filter(id => id !== 'client-7').toSorted(),
      )
    })
  })
}
