import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { finishChange } from '../../src/journal/finish.ts'
import { deleteChange } from '../../src/web-session-clients/delete-change.ts'
import { audited } from '../audit/audited.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { untilWaiting } from '../database/until-waiting.ts'
import { deleteClient } from '../journal/delete-client.ts'
import { type OpenJournal, openJournal } from '../journal/journal.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { ageCreates } from './age-creates.ts'
import { clientIds, createKey, recordCalls, writesOf } from './requests.ts'
import { update } from './updates.ts'

const server = usePostgresServer()
const path = '/oauth/clients/pa_wam'
const timeoutMs = 400
/** As long as a call that hangs may take to arrive. */
const holdMs = 30 * timeoutMs

type Engine = { name: string; createDatabase: (t: TestContext) => Promise<string | undefined> }
const engines: Engine[] = [
  { name: 'SQLite', createDatabase: async () => undefined },
  { name: 'PostgreSQL', createDatabase: t => server.createDatabase(t) },
]

type Made = {
  service: TestService
  /** Of a service that has made one client and then stopped. */
  journal: OpenJournal
  calls: ReturnType<typeof recordCalls>
  read: (query: string) => Promise<Record<string, unknown>[]>
  /** Deletes, and resolves to the code of the problem, if there was one. */
  remove: (options?: Parameters<typeof deleteClient>[1]) => Promise<string>
  fault: (method: string, fault: Fault) => { struck: Promise<void> }
}
type Fault = Parameters<TestService['sandbox']['pingFederate']['faults']['next']>[0]['fault']

const makeClient = async (t: TestContext, { createDatabase }: Engine): Promise<Made> => {
  const database = await createDatabase(t)
  const env = { PINGFEDERATE_TIMEOUT_MS: String(timeoutMs) }
  const service = await startTestService(t, { env, ...(database !== undefined && { database }) })
  await createRetrieval(service)
  assert.equal((await update(service, { enabled: false })).status, 200)
  await ageCreates(service.env['DATABASE_URL'])
  await service.stop()
  const journal = await openJournal(t, service, { aheadMs: 0 })
  const { faults } = service.sandbox.pingFederate
  return {
    service,
    journal,
    calls: recordCalls(service.sandbox),
    read: async query => (await execute(service.env['DATABASE_URL'] ?? '', query)).map(row => ({ ...row })),
    remove: options =>
      deleteClient(journal, options).then(
        ({ clientId }) => `deleted ${clientId}`,
        error => error.code,
      ),
    fault: (method, fault) => faults.next({ match: { method, path }, fault }),
  }
}

const deletes = ({ calls }: Pick<Made, 'calls'>) => calls.filter(({ method }) => method === 'DELETE').length

const isKept = async ({ read, service }: Made): Promise<void> => {
  assert.deepEqual(await read('select client_id, state from client'), [
    { client_id: 'pa_wam', state: 'active' },
  ])
  assert.deepEqual(await read('select state from retrieval'), [{ state: 'outstanding' }])
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
}

const isGone = async ({ read, service, journal }: Made): Promise<void> => {
  assert.deepEqual(await read('select client_id from client'), [])
  assert.deepEqual(await read('select state, sealed from retrieval'), [{ state: 'revoked', sealed: null }])
  assert.deepEqual(clientIds(service.sandbox), [])
  assert.deepEqual(await journal.states(), ['done', 'done', 'done'])
}

const outliveHold = ({ read }: Pick<Made, 'read'>) => read('update operation set lease_until = created_at')

/** The end of a delete that a process writes which has done it. */
const finishDelete = ({ journal }: Pick<Made, 'journal'>, operationId: string): Promise<string> => {
  const principal = {
    ...{ subject: 'x', clientId: undefined, actingParties: [], teams: [] },
    scopes: new Set<string>(),
  }
  const actor = { principal, requestId: 'r', address: null }
  const operation = { operationId, clientId: 'pa_wam', team: 'payments', fence: 1, actor }
  const saved = { savedAt: null, replication: 'ready' } as const
  return finishChange(audited(journal.store), deleteChange, operation, saved)
}

const page = { kind: 'status', status: 404, body: '<html>' } as const

for (const engine of engines) {
  const on = `on ${engine.name}`

  test(`${on}: the client is gone on both sides, its token is dead, and both ends are in the audit trail`, async t => {
    const made = await makeClient(t, engine)
    assert.equal(await made.remove(), 'deleted pa_wam')
    await isGone(made)
    assert.equal(deletes(made), 1)
    const events = await made.read(
      "select outcome, subject, team, client_id from audit_event where action = 'client.delete' order by audit_event_id",
    )
    assert.deepEqual(
      events,
      ['intended', 'done'].map(outcome => ({
        ...{ outcome, subject: 'remover', team: 'payments', client_id: 'pa_wam' },
      })),
    )
    assert.equal(await made.remove(), 'client_not_found')
  })

  test(`${on}: a repetition under the same key is answered again, and deletes nothing that was made since`, async t => {
    const made = await makeClient(t, engine)
    const key = createKey()
    assert.equal(await made.remove({ key }), 'deleted pa_wam')
    await callAdminApi(made.service.sandbox, 'POST', '/oauth/clients', { clientId: 'pa_wam', name: 'x' })
    assert.equal(await made.remove({ key }), 'deleted pa_wam')
    assert.equal(deletes(made), 1)
  })

  test(`${on}: a client that PingFederate says it does not have is deleted without a call that changes anything`, async t => {
    const made = await makeClient(t, engine)
    await callAdminApi(made.service.sandbox, 'DELETE', path)
    made.calls.length = 0
    assert.equal(await made.remove(), 'deleted pa_wam')
    await isGone(made)
    assert.deepEqual(writesOf(made.calls), [])
  })

  test(`${on}: another team is told what it is told of a client that does not exist`, async t => {
    const made = await makeClient(t, engine)
    const refusals = [
      deleteClient(made.journal, { team: 'shop' }),
      deleteClient(made.journal, { clientId: 'no-such-client' }),
    ].map(each => each.catch(({ code, message }) => ({ code, message })))
    const [foreign, absent] = await Promise.all(refusals)
    assert.deepEqual(foreign, absent)
    await isKept(made)
    assert.deepEqual(writesOf(made.calls), [])
  })

  test(`${on}: a client that somebody has made anew by hand is not touched`, async t => {
    const made = await makeClient(t, engine)
    const [{ description, ...client } = assert.fail()] = made.service.sandbox.pingFederate.clients()
    const put = await callAdminApi(made.service.sandbox, 'PUT', path, { ...client, description: 'by hand' })
    assert.equal(put.status, 200, JSON.stringify(put.body))
    assert.equal(await made.remove(), 'client_drifted')
    assert.equal(deletes(made), 0)
    await isKept(made)
  })

  test(`${on}: of two at once one deletes, the other is told so`, async t => {
    const made = await makeClient(t, engine)
    const ended = await Promise.all([made.remove(), made.remove()])
    assert.ok(ended.includes('deleted pa_wam'), String(ended))
    assert.ok(
      ended.some(each => ['operation_in_progress', 'client_not_found'].includes(each)),
      String(ended),
    )
    assert.equal(deletes(made), 1)
    await isGone(made)
  })

  test(`83: ${on}: a lost answer to a DELETE that was done is looked up, and the client is deleted`, async t => {
    const made = await makeClient(t, engine)
    made.fault('DELETE', { answer: { kind: 'drop' } })
    assert.equal(await made.remove(), 'deleted pa_wam')
    await isGone(made)
  })

  test(`83: ${on}: a proxy’s 404 is no deletion, neither to the look nor to the DELETE`, async t => {
    const made = await makeClient(t, engine)
    made.fault('GET', { acts: false, answer: page })
    assert.equal(await made.remove(), 'pingfederate_invalid_response')
    assert.equal(deletes(made), 0)
    await isKept(made)
    made.fault('DELETE', { acts: false, answer: page })
    assert.equal(await made.remove(), 'outcome_unknown')
    await isKept(made)
    await outliveHold(made)
    made.fault('GET', { acts: false, answer: page })
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'intended')
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown')
    await isKept(made)
  })

  test(`82: ${on}: a DELETE without an answer holds the client until it is surely over, and one that comes late is a deletion`, async t => {
    const made = await makeClient(t, engine)
    const arriving = Promise.withResolvers<void>()
    const { struck } = made.fault('DELETE', { actAfter: arriving.promise })
    const refusal = await deleteClient(made.journal).catch(error => error)
    assert.deepEqual(
      [refusal.code, refusal.headers['retry-after']],
      ['outcome_unknown', String(holdMs / 1000)],
    )
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'intended')
    assert.equal(await made.remove(), 'operation_in_progress')
    arriving.resolve()
    await struck
    await outliveHold(made)
    await made.journal.recover()
    await isGone(made)
  })

  test(`82: ${on}: without a lease for as long no DELETE is sent, and recovery ends the operation`, async t => {
    const made = await makeClient(t, engine)
    const slow = { ...made.journal, journal: { ...made.journal.journal, timeoutMs: 0 } }
    const refusal = await deleteClient(slow).catch(error => error)
    assert.equal(refusal.code, 'outcome_unknown')
    assert.equal(deletes(made), 0)
    await outliveHold(made)
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown')
    await isKept(made)
  })

  test(`${on}: what PingFederate refuses is refused in its words, and the client stays`, async t => {
    const made = await makeClient(t, engine)
    const body = { resultId: 'validation_error', message: 'The client is in use.' }
    made.fault('DELETE', { acts: false, answer: { kind: 'status', status: 422, body } })
    const refusal = await deleteClient(made.journal).catch(error => error)
    assert.equal(refusal.code, 'client_in_use')
    assert.match(refusal.violations[0].detail, /The client is in use/)
    assert.equal((await made.journal.states()).at(-1), 'failed client_in_use')
    await isKept(made)
  })

  test(`${on}: an answer that comes after the operation was ended changes nothing: failed stays failed, and a new client stays`, async t => {
    const made = await makeClient(t, engine)
    made.fault('DELETE', { acts: false, answer: { kind: 'drop' } })
    await made.remove()
    await outliveHold(made)
    await made.journal.recover()
    const [{ operation_id: operationId } = assert.fail()] = await made.read(
      "select operation_id from operation where kind = 'delete'",
    )
    const finish = () => finishDelete(made, String(operationId))
    await assert.rejects(finish(), { code: 'outcome_unknown' })
    await isKept(made)
    await made.read(`update operation set state = 'done' where operation_id = '${operationId}'`)
    await finish()
    await isKept(made)
  })

  test(`${on}: a client that bears the mark of another operation is not touched`, async t => {
    const made = await makeClient(t, engine)
    const [{ description, ...client } = assert.fail()] = made.service.sandbox.pingFederate.clients()
    const marked = { ...client, description: `Another’s [web-session-clients ${randomUUIDv7()}]` }
    await callAdminApi(made.service.sandbox, 'PUT', path, marked)
    assert.equal(await made.remove(), 'client_exists_in_pingfederate')
    assert.equal(deletes(made), 0)
    await isKept(made)
  })

  test(`${on}: another team learns nothing from a delete that is open, and settles nothing`, async t => {
    const made = await makeClient(t, engine)
    made.fault('DELETE', { acts: false, answer: { kind: 'drop' } })
    assert.equal(await made.remove(), 'outcome_unknown')
    for (const prepare of [async () => [], () => outliveHold(made)]) {
      await prepare()
      const [foreign, absent] = await Promise.all(
        [{ team: 'shop' }, { team: 'shop', clientId: 'no-such-client' }].map(options =>
          deleteClient(made.journal, options).catch(({ code, message }) => ({ code, message })),
        ),
      )
      assert.deepEqual(foreign, absent)
    }
    assert.equal((await made.journal.states()).at(-1), 'intended')
    await isKept(made)
  })

  test(`${on}: a delete is leased for as long as all the calls can take that one makes`, async t => {
    const made = await makeClient(t, engine)
    await callAdminApi(made.service.sandbox, 'DELETE', path)
    assert.equal(await made.remove(), 'deleted pa_wam')
    const [{ lease_until: until, created_at: created } = assert.fail()] = await made.read(
      "select lease_until, created_at from operation where kind = 'delete'",
    )
    // A look, the DELETE, another look, status and settings of the cluster.
    assert.ok(Date.parse(String(until)) - Date.parse(String(created)) >= 5 * timeoutMs)
  })
}

test('on PostgreSQL: of two that end a delete at the same moment the later one does not touch the client made since', async t => {
  const database = await server.createDatabase(t)
  const made = await makeClient(t, { name: 'PostgreSQL', createDatabase: async () => database })
  made.fault('DELETE', { acts: false, answer: { kind: 'drop' } })
  assert.equal(await made.remove(), 'outcome_unknown')
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  const ofDelete = "where kind = 'delete'"
  const { rows } = await beside.query(`select operation_id from operation ${ofDelete}`)
  await beside.query('begin')
  await beside.query(`update operation set state = 'done' ${ofDelete}`)
  const finishing = finishDelete(made, rows[0].operation_id)
  await untilWaiting(beside, 1, finishing)
  await beside.query('commit')
  await finishing
  await isKept(made)
})
