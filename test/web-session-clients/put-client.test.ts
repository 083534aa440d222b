import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { Change } from '../../src/journal/change.ts'
import { finishChange } from '../../src/journal/finish.ts'
import { reapplyChange } from '../../src/web-session-clients/reapply-change.ts'
import { rotateChange } from '../../src/web-session-clients/rotate-change.ts'
import { updateChange } from '../../src/web-session-clients/update-change.ts'
import { audited } from '../audit/audited.ts'
import type { OpenJournal } from '../journal/journal.ts'
import { rotateClient } from '../journal/rotate-client.ts'
import { reapplyClient, updateClient } from '../journal/update-client.ts'
import {
  editClient,
  holdMs,
  type Made,
  makeClient,
  oddAnswers,
  outliveHold,
  puts,
  readDrift,
  tell,
  timeoutMs,
  useEngines,
} from './changes.ts'

type Kind = {
  change: Pick<Change<never, never, unknown>, 'kind' | 'maxCalls' | 'finish'>
  /** By how much it raises the version of the client. */
  step: number
  run: (journal: OpenJournal, operationId?: string) => Promise<unknown>
}

/** The kinds that change a client by one PUT. */
const kinds: Kind[] = [
  {
    change: rotateChange,
    step: 0,
    run: (journal, operationId) => rotateClient(journal, toGiven(operationId)),
  },
  {
    ...{ change: updateChange, step: 1 },
    // Each time to another name.
    run: (journal, operationId = randomUUIDv7()) =>
      updateClient(journal, { name: `Shop ${operationId}` }, { operationId }),
  },
  {
    change: reapplyChange,
    step: 0,
    run: (journal, operationId) => reapplyClient(journal, toGiven(operationId)),
  },
]

const toGiven = (operationId: string | undefined) => (operationId === undefined ? {} : { operationId })

/** Everything that a change of the client could change, here and in PingFederate. */
const takePicture = async (made: Made): Promise<unknown> => ({
  client: await made.read('select * from client'),
  retrievals: await made.read('select * from retrieval'),
  inPingFederate: structuredClone(made.service.sandbox.pingFederate.clients()),
})

type Started = Made & {
  change: () => Promise<string>
  isUntouched: () => Promise<void>
  /** After so many changes both sides agree, and the last of them has marked the client. */
  isChanged: (times?: number) => Promise<void>
}

const start = async (
  t: TestContext,
  engine: Parameters<typeof makeClient>[1],
  kind: Kind,
): Promise<Started> => {
  const made = await makeClient(t, engine)
  // Setting it again has something to do.
  if (kind.change.kind === 'reapply') await editClient(made, { name: 'By hand' })
  made.calls.length = 0
  const before = await takePicture(made)
  const readRow = async () => (await made.read('select * from client'))[0] ?? assert.fail()
  const { version } = await readRow()
  return {
    ...made,
    change: () => tell(kind.run(made.journal)),
    isUntouched: async () => assert.deepEqual(await takePicture(made), before),
    isChanged: async (times = 1) => {
      const row = await readRow()
      assert.equal(Number(row['version']), Number(version) + times * kind.step)
      assert.deepEqual(
        await made.read('select kind, state, operation_id from operation order by operation_id desc limit 1'),
        [{ kind: kind.change.kind, state: 'done', operation_id: row['operation_id'] }],
      )
      assert.deepEqual(await readDrift(made), [])
    },
  }
}

/** The end of a change that a process writes which has done it. */
const finish = ({ journal }: Made, { change }: Kind, operationId: string): Promise<string> => {
  const principal = {
    ...{ subject: 'x', clientId: undefined, actingParties: [], teams: [] },
    scopes: new Set<string>(),
  }
  const actor = { principal, requestId: 'r', address: null }
  const operation = { operationId, clientId: 'pa_wam', team: 'payments', fence: 1, actor }
  return finishChange(audited(journal.store), change, operation, { savedAt: null, replication: 'ready' })
}

const engines = useEngines()

for (const [engine, kind] of engines.flatMap(engine => kinds.map(kind => [engine, kind] as const))) {
  const on = `on ${engine.name}, ${kind.change.kind}`
  const begin = (t: TestContext) => start(t, engine, kind)

  test(`82: ${on}: an answer to a PUT that is lost or useless is looked up: it was done`, async t => {
    const { change, fault, isChanged, ...made } = await begin(t)
    const answers = Object.entries(oddAnswers)
    for (const [what, answer] of answers) {
      fault('PUT', { answer })
      assert.equal(await change(), 'done', what)
    }
    assert.equal(puts(made).length, answers.length)
    await isChanged(answers.length)
  })

  test(`82: ${on}: a PUT without an answer holds the client until it is surely over, and one that comes late is a change`, async t => {
    const { change, isChanged, ...made } = await begin(t)
    const before = await made.read('select * from client')
    const arriving = Promise.withResolvers<void>()
    const { struck } = made.fault('PUT', { actAfter: arriving.promise })
    const refusal = await kind.run(made.journal).then(
      () => assert.fail(),
      error => error,
    )
    const wait = String(holdMs / 1_000)
    assert.deepEqual([refusal.code, refusal.headers['retry-after']], ['outcome_unknown', wait])
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'intended')
    for (const other of kinds)
      assert.equal(await tell(other.run(made.journal)), 'operation_in_progress', other.change.kind)
    assert.deepEqual(await made.read('select * from client'), before)
    arriving.resolve()
    await struck
    await outliveHold(made)
    await made.journal.recover()
    await isChanged()
    assert.equal(puts(made).length, 1)
  })

  test(`82: ${on}: a PUT that never arrives ends as failed, the client is as before, and can be changed`, async t => {
    const { change, isUntouched, isChanged, ...made } = await begin(t)
    for (const [what, answer] of Object.entries(oddAnswers)) {
      made.fault('PUT', { acts: false, answer })
      assert.equal(await change(), 'outcome_unknown', what)
      await outliveHold(made)
      await made.journal.recover()
      assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown', what)
      await isUntouched()
    }
    assert.equal(await change(), 'done')
    await isChanged()
  })

  test(`82: ${on}: without a lease for as long no PUT is sent, and recovery ends the operation`, async t => {
    const { isUntouched, ...made } = await begin(t)
    const { journal } = made.journal
    // No time passes here, so that only the lease can be what is over.
    const store = { ...journal.store, now: () => 0 }
    const slow = { ...made.journal, journal: { ...journal, store, timeoutMs: 0 } }
    assert.equal(await tell(kind.run(slow)), 'outcome_unknown')
    assert.deepEqual(puts(made), [])
    await outliveHold(made)
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown')
    await isUntouched()
  })

  test(`82: ${on}: no PUT is sent after a pause that was longer than any look, because the hold may be over`, async t => {
    const { isUntouched, ...made } = await begin(t)
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
    const paused = { ...made.journal, journal: { ...journal, store, inSlot } }
    assert.equal(await tell(kind.run(paused)), 'outcome_unknown')
    assert.deepEqual(puts(made), [])
    await outliveHold(made)
    await made.journal.recover()
    await isUntouched()
  })

  test(`${on}: a PingFederate that cannot be looked at, refuses the account or the client changes nothing`, async t => {
    const { change, fault, isUntouched, isChanged } = await begin(t)
    fault('GET', { acts: false, answer: { kind: 'status', status: 503 } })
    assert.equal(await change(), 'pingfederate_error')
    fault('PUT', { acts: false, answer: { kind: 'status', status: 401 } })
    assert.equal(await change(), 'pingfederate_credentials_refused')
    const body = { resultId: 'validation_error', message: 'Not this one.' }
    fault('PUT', { acts: false, answer: { kind: 'status', status: 422, body } })
    assert.equal(await change(), 'refused_by_pingfederate')
    await isUntouched()
    assert.equal(await change(), 'done')
    await isChanged()
  })

  test(`${on}: an answer that comes after the operation was ended changes nothing: failed stays failed, and what followed stays`, async t => {
    const { isUntouched, ...made } = await begin(t)
    const [late, done] = [randomUUIDv7(), randomUUIDv7()]
    made.fault('PUT', { acts: false, answer: { kind: 'drop' } })
    assert.equal(await tell(kind.run(made.journal, late)), 'outcome_unknown')
    await outliveHold(made)
    await made.journal.recover()
    await assert.rejects(finish(made, kind, late), { code: 'outcome_unknown' })
    await isUntouched()
    assert.equal(await tell(kind.run(made.journal, done)), 'done')
    assert.equal(await tell(updateClient(made.journal, { name: 'Later' })), 'done')
    const before = await takePicture(made)
    await finish(made, kind, done)
    assert.deepEqual(await takePicture(made), before)
  })

  test(`${on}: the lease lasts as long as all the calls can take that one change makes`, async t => {
    const { change, fault, read } = await begin(t)
    fault('PUT', { answer: { kind: 'drop' } })
    assert.equal(await change(), 'done')
    // A look, the PUT, another look, status and settings of the cluster.
    assert.ok(kind.change.maxCalls >= 5)
    const [{ lease_until: until, created_at: created } = assert.fail()] = await read(
      'select lease_until, created_at from operation order by operation_id desc limit 1',
    )
    assert.ok(Date.parse(String(until)) - Date.parse(String(created)) >= holdMs)
  })
}
