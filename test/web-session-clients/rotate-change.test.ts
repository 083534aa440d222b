import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { finishChange } from '../../src/journal/finish.ts'
import type { Fault, OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import { rotateChange } from '../../src/web-session-clients/rotate-change.ts'
import { audited } from '../audit/audited.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { type OpenJournal, openJournal } from '../journal/journal.ts'
import { rotateClient } from '../journal/rotate-client.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { createKey, recordCalls, writesOf } from './requests.ts'

const server = usePostgresServer()
const path = '/oauth/clients/pa_wam'
const timeoutMs = 400
/** As long as a call that hangs may take to arrive. */
const holdMs = 30 * timeoutMs

type Engine = { name: string; createDatabase: () => Promise<string | undefined> }
const engines: Engine[] = [
  { name: 'SQLite', createDatabase: async () => undefined },
  { name: 'PostgreSQL', createDatabase: () => server.createDatabase() },
]

type Made = {
  service: TestService
  /** Of a service that has made one client and then stopped. */
  journal: OpenJournal
  calls: ReturnType<typeof recordCalls>
  read: (query: string) => Promise<Record<string, unknown>[]>
  /** Rotates, and resolves to the code of the problem, if there was one. */
  rotate: (options?: Parameters<typeof rotateClient>[1]) => Promise<string>
  fault: (method: string, fault: Fault) => { struck: Promise<void> }
}

const makeClient = async (
  t: TestContext,
  { createDatabase }: Engine,
  { isRedeemed = false } = {},
): Promise<Made> => {
  const database = await createDatabase()
  const env = { PINGFEDERATE_TIMEOUT_MS: String(timeoutMs) }
  const service = await startTestService(t, { env, ...(database !== undefined && { database }) })
  const token = await createRetrieval(service)
  if (isRedeemed) await redeem(service, token)
  await service.stop()
  const journal = await openJournal(t, service, { aheadMs: 0 })
  const { faults } = service.sandbox.pingFederate
  return {
    service,
    journal,
    calls: recordCalls(service.sandbox),
    read: async query => (await execute(service.env['DATABASE_URL'] ?? '', query)).map(row => ({ ...row })),
    rotate: options =>
      rotateClient(journal, options).then(
        ({ retrieval }) => `rotated ${retrieval.state}`,
        error => error.code,
      ),
    fault: (method, fault) => faults.next({ match: { method, path }, fault }),
  }
}

type Sent = {
  clientSecretRetentionPeriodType: string
  clientSecretRetentionPeriod: number
  description: string
}
const puts = ({ calls }: Pick<Made, 'calls'>): Sent[] =>
  calls.filter(({ method }) => method === 'PUT').map(({ body }) => body as Sent)

const retrievals = ({ read }: Pick<Made, 'read'>) =>
  read(
    'select state, sealed is null as erased, replaced_by is null as free from retrieval order by retrieval_id',
  ).then(rows => rows.map(({ state, erased, free }) => [state, Boolean(erased), Boolean(free)]))

/** The operation that the client follows from, and which retrieval is in force. */
const inForce = async ({ read }: Pick<Made, 'read'>) => {
  const [row] = await read(
    'select kind, retrieval.state from client join operation using (operation_id) join retrieval on retrieval.retrieval_id = client.retrieval_id',
  )
  return [row?.['kind'], row?.['state']]
}

const isUntouched = async (made: Made): Promise<void> => {
  assert.deepEqual(await inForce(made), ['create', 'outstanding'])
  assert.deepEqual(await retrievals(made), [['outstanding', false, true]])
}

const isRotated = async (made: Made): Promise<void> => {
  assert.deepEqual(await inForce(made), ['rotate', 'outstanding'])
  assert.deepEqual(await retrievals(made), [
    ['revoked', true, false],
    ['outstanding', false, true],
  ])
  assert.deepEqual(await made.journal.states(), ['done', 'done'])
  const [{ operation_id: operation } = assert.fail()] = await made.read(
    "select operation_id from operation where kind = 'rotate'",
  )
  const [client] = made.service.sandbox.pingFederate.clients()
  assert.ok(client?.description?.endsWith(`[web-session-clients ${operation}]`))
}

const outliveHold = ({ read }: Pick<Made, 'read'>) => read('update operation set lease_until = created_at')

/** The end of a rotation that a process writes which has done it. */
const finishRotation = ({ journal }: Pick<Made, 'journal'>, operationId: string): Promise<string> => {
  const principal = {
    ...{ subject: 'x', clientId: undefined, actingParties: [], teams: [] },
    scopes: new Set<string>(),
  }
  const actor = { principal, requestId: 'r', address: null }
  const operation = { operationId, clientId: 'pa_wam', team: 'payments', fence: 1, actor }
  return finishChange(audited(journal.store), rotateChange, operation, {
    savedAt: null,
    replication: 'ready',
  })
}

const oddAnswers: Record<string, OddAnswer> = {
  'a reset': { kind: 'drop' },
  'a 500': { kind: 'status', status: 500 },
  'a 504': { kind: 'status', status: 504 },
  garbage: { kind: 'malformed-json' },
  'a page': { kind: 'html' },
  nothing: { kind: 'empty' },
  'another client': { kind: 'other-client', clientId: 'other' },
}

for (const engine of engines) {
  const on = `on ${engine.name}`

  test(`${on}: the new retrieval is in force, the former token is dead, and both ends are in the audit trail`, async t => {
    const made = await makeClient(t, engine)
    const { client, retrieval, previousSecretEndsAt } = await rotateClient(made.journal)
    assert.deepEqual(
      [client.clientId, client.team, client.createdBy, retrieval.state, previousSecretEndsAt],
      ['pa_wam', 'payments', 'payments-pipeline', 'outstanding', null],
    )
    await isRotated(made)
    assert.deepEqual(
      puts(made).map(each => [each.clientSecretRetentionPeriodType, each.clientSecretRetentionPeriod]),
      [['OVERRIDE_SERVER_DEFAULT', 0]],
    )
    const events = await made.read(
      "select outcome, subject, team, client_id from audit_event where action = 'client.rotate' order by audit_event_id",
    )
    assert.deepEqual(
      events,
      ['intended', 'done'].map(outcome => ({
        ...{ outcome, subject: 'rotator', team: 'payments', client_id: 'pa_wam' },
      })),
    )
  })

  test(`${on}: a secret that was redeemed lives on as configured, or as long as was asked for`, async t => {
    const made = await makeClient(t, engine, { isRedeemed: true })
    const before = Date.now()
    const { previousSecretEndsAt } = await rotateClient(made.journal)
    const ends = Date.parse(previousSecretEndsAt ?? '') - 86_400_000
    assert.ok(ends >= before - 1 && ends <= Date.now(), String(previousSecretEndsAt))
    assert.deepEqual(await retrievals(made), [
      ['redeemed', true, false],
      ['outstanding', false, true],
    ])
    const asked = await makeClient(t, engine, { isRedeemed: true })
    await asked.rotate({ overlapMinutes: 15 })
    assert.deepEqual(
      [made, asked].map(each => puts(each)[0]?.clientSecretRetentionPeriod),
      [1_440, 15],
    )
  })

  test(`${on}: a repetition under the same key has the same token, and nothing is set again`, async t => {
    const made = await makeClient(t, engine)
    const key = createKey()
    const first = await rotateClient(made.journal, { key })
    const second = await rotateClient(made.journal, { key })
    assert.deepEqual([first.isReplayed, second.isReplayed], [false, true])
    assert.deepEqual(second.client, first.client)
    assert.ok(first.retrieval.token)
    assert.equal(second.retrieval.token?.reveal(), first.retrieval.token.reveal())
    assert.equal(puts(made).length, 1)
  })

  test(`${on}: another team is told what it is told of a client that does not exist`, async t => {
    const made = await makeClient(t, engine)
    const [foreign, absent] = await Promise.all(
      [{ team: 'shop' }, { team: 'shop', clientId: 'no-such-client' }].map(options =>
        rotateClient(made.journal, options).catch(({ code, message }) => ({ code, message })),
      ),
    )
    assert.deepEqual(foreign, absent)
    await isUntouched(made)
    assert.deepEqual(made.calls, [])
  })

  test(`${on}: what another has made, marked or deleted in PingFederate is not touched`, async t => {
    const made = await makeClient(t, engine)
    const { body: client } = await callAdminApi(made.service.sandbox, 'GET', path)
    for (const [description, code] of [
      ['by hand', 'client_drifted'],
      [`Another’s [web-session-clients ${randomUUIDv7()}]`, 'client_exists_in_pingfederate'],
    ]) {
      assert.equal(
        (await callAdminApi(made.service.sandbox, 'PUT', path, { ...client, description })).status,
        200,
      )
      made.calls.length = 0
      assert.equal(await made.rotate(), code)
      assert.deepEqual(writesOf(made.calls), [])
    }
    await callAdminApi(made.service.sandbox, 'DELETE', path)
    made.calls.length = 0
    assert.equal(await made.rotate(), 'client_missing_in_pingfederate')
    assert.deepEqual(writesOf(made.calls), [])
    await isUntouched(made)
  })

  test(`${on}: with a former secret alive there is no new one, unless forced, and then that one stays as it is`, async t => {
    const made = await makeClient(t, engine, { isRedeemed: true })
    assert.equal(await made.rotate(), 'rotated outstanding')
    const ends = async () => {
      const { body } = await callAdminApi(made.service.sandbox, 'GET', path)
      return body.clientAuth.secondarySecrets.map(({ expiryTime }: { expiryTime: string }) => expiryTime)
    }
    const [end] = await ends()
    const refusal = await rotateClient(made.journal).catch(error => error)
    assert.equal(refusal.code, 'previous_secret_alive')
    assert.ok(refusal.message.includes(end))
    assert.equal(puts(made).length, 1)
    assert.deepEqual(await inForce(made), ['rotate', 'outstanding'])
    const forced = await rotateClient(made.journal, { force: true })
    assert.deepEqual(await ends(), [end])
    // The second secret was redeemed by nobody, so the first one is the last to end.
    const difference = Date.parse(forced.previousSecretEndsAt ?? '') - Date.parse(end)
    assert.ok(Math.abs(difference) < 5_000, String(difference))
  })

  test(`79: ${on}: an answer to a PUT that is lost or useless is looked up: it was done, or nothing was`, async t => {
    const made = await makeClient(t, engine)
    for (const [what, answer] of Object.entries(oddAnswers)) {
      made.fault('PUT', { answer })
      assert.equal(await made.rotate(), 'rotated outstanding', what)
    }
    assert.deepEqual(await inForce(made), ['rotate', 'outstanding'])
    const states = (await retrievals(made)).map(([state]) => state)
    assert.deepEqual(new Set(states.slice(0, -1)), new Set(['revoked']))
    assert.equal(puts(made).length, Object.keys(oddAnswers).length)
  })

  test(`79: ${on}: a PUT without an answer holds the client until it is surely over, and one that comes late is a rotation`, async t => {
    const made = await makeClient(t, engine)
    const arriving = Promise.withResolvers<void>()
    const { struck } = made.fault('PUT', { actAfter: arriving.promise })
    const key = createKey()
    const refusal = await rotateClient(made.journal, { key }).catch(error => error)
    assert.deepEqual(
      [refusal.code, refusal.headers['retry-after']],
      ['outcome_unknown', String(holdMs / 1000)],
    )
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'intended')
    assert.equal(await made.rotate(), 'operation_in_progress')
    assert.deepEqual((await retrievals(made))[0], ['outstanding', false, false])
    arriving.resolve()
    await struck
    await outliveHold(made)
    await made.journal.recover()
    await isRotated(made)
    const repeated = await rotateClient(made.journal, { key })
    assert.equal(repeated.retrieval.state, 'outstanding')
    assert.ok(repeated.retrieval.token)
    assert.equal(puts(made).length, 1)
  })

  test(`79: ${on}: a PUT that never arrives ends as failed: the former secret is in force and its token works`, async t => {
    const made = await makeClient(t, engine)
    made.fault('PUT', { acts: false, answer: { kind: 'drop' } })
    assert.equal(await made.rotate(), 'outcome_unknown')
    await outliveHold(made)
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown')
    await isUntouched(made)
  })

  test(`79: ${on}: what arrives when its operation was given up is repaired by the next rotation`, async t => {
    const made = await makeClient(t, engine)
    const arriving = Promise.withResolvers<void>()
    const { struck } = made.fault('PUT', { actAfter: arriving.promise })
    assert.equal(await made.rotate(), 'outcome_unknown')
    await outliveHold(made)
    await made.journal.recover()
    arriving.resolve()
    await struck
    await isUntouched(made)
    assert.equal(await made.rotate(), 'rotated outstanding')
    assert.deepEqual(await inForce(made), ['rotate', 'outstanding'])
  })

  test(`82: ${on}: without a lease for as long no PUT is sent, and recovery ends the operation`, async t => {
    const made = await makeClient(t, engine)
    const slow = { ...made.journal, journal: { ...made.journal.journal, timeoutMs: 0 } }
    const refusal = await rotateClient(slow).catch(error => error)
    assert.equal(refusal.code, 'outcome_unknown')
    assert.deepEqual(puts(made), [])
    await outliveHold(made)
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown')
    await isUntouched(made)
  })

  test(`82: ${on}: no PUT is sent after a pause that was longer than any look, because the hold may be over`, async t => {
    const made = await makeClient(t, engine)
    let ahead = 0
    const { journal } = made.journal
    const { pingFederate } = journal.upstream
    const findClient: typeof pingFederate.findClient = async clientId => {
      ahead = 5 * timeoutMs
      return pingFederate.findClient(clientId)
    }
    const upstream = { ...journal.upstream, pingFederate: { ...pingFederate, findClient } }
    const inSlot = <T>(work: (each: typeof upstream) => Promise<T>) => work(upstream)
    const store = { ...journal.store, now: () => Date.now() + ahead }
    const refusal = await rotateClient({ ...made.journal, journal: { ...journal, store, inSlot } }).catch(
      error => error,
    )
    assert.equal(refusal.code, 'outcome_unknown')
    assert.deepEqual(puts(made), [])
    await outliveHold(made)
    await made.journal.recover()
    await isUntouched(made)
  })

  test(`${on}: what PingFederate refuses is refused in its words, also to a repetition, and nothing is changed`, async t => {
    const made = await makeClient(t, engine)
    const body = { resultId: 'validation_error', message: 'Not this secret.' }
    made.fault('PUT', { acts: false, answer: { kind: 'status', status: 422, body } })
    const key = createKey()
    for (const _time of ['first', 'again']) {
      const refusal = await rotateClient(made.journal, { key }).catch(error => error)
      assert.equal(refusal.code, 'refused_by_pingfederate')
      assert.match(refusal.violations[0].detail, /Not this secret/)
    }
    assert.equal(puts(made).length, 1)
    await isUntouched(made)
  })

  test(`${on}: a PingFederate that cannot be looked at, or refuses the account, changes nothing`, async t => {
    const made = await makeClient(t, engine)
    made.fault('GET', { acts: false, answer: { kind: 'status', status: 503 } })
    assert.equal(await made.rotate(), 'pingfederate_error')
    made.fault('PUT', { acts: false, answer: { kind: 'status', status: 401 } })
    assert.equal(await made.rotate(), 'pingfederate_credentials_refused')
    await isUntouched(made)
  })

  test(`80: ${on}: of two at once under different keys one rotates, the other is told so`, async t => {
    const made = await makeClient(t, engine)
    const answering = Promise.withResolvers<void>()
    made.fault('PUT', { answerAfter: answering.promise })
    const both = [made.rotate(), made.rotate()]
    assert.equal(await Promise.race(both), 'operation_in_progress')
    answering.resolve()
    assert.deepEqual((await Promise.all(both)).toSorted(), ['operation_in_progress', 'rotated outstanding'])
    assert.equal(puts(made).length, 1)
    await isRotated(made)
  })

  test(`${on}: an answer that comes after the operation was ended changes nothing: failed stays failed, and what followed stays`, async t => {
    const made = await makeClient(t, engine)
    const [late, done] = [randomUUIDv7(), randomUUIDv7()]
    made.fault('PUT', { acts: false, answer: { kind: 'drop' } })
    await made.rotate({ operationId: late })
    await outliveHold(made)
    await made.journal.recover()
    await assert.rejects(finishRotation(made, late), { code: 'outcome_unknown' })
    await isUntouched(made)
    await made.rotate({ operationId: done })
    await made.rotate()
    const before = await made.read('select * from client')
    await finishRotation(made, done)
    assert.deepEqual(await made.read('select * from client'), before)
  })

  test(`${on}: a rotation is leased for as long as all the calls can take that one makes`, async t => {
    const made = await makeClient(t, engine)
    made.fault('PUT', { answer: { kind: 'drop' } })
    assert.equal(await made.rotate(), 'rotated outstanding')
    // A look, the PUT, another look, status and settings of the cluster.
    assert.ok(rotateChange.maxCalls >= 5)
    const [{ lease_until: until, created_at: created } = assert.fail()] = await made.read(
      "select lease_until, created_at from operation where kind = 'rotate'",
    )
    assert.ok(Date.parse(String(until)) - Date.parse(String(created)) >= holdMs)
  })
}
