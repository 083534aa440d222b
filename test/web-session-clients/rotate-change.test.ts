import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
import { rotateClient } from '../journal/rotate-client.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import {
  type Made as Common,
  holdMs,
  makeClient as makeCommon,
  outliveHold,
  path,
  puts,
  useEngines,
} from './changes.ts'
import { createKey, writesOf } from './requests.ts'

type Made = Common & {
  /** Rotates, and resolves to the code of the problem, if there was one. */
  rotate: (options?: Parameters<typeof rotateClient>[1]) => Promise<string>
}

const makeClient = async (...given: Parameters<typeof makeCommon>): Promise<Made> => {
  const made = await makeCommon(...given)
  return {
    ...made,
    rotate: options =>
      rotateClient(made.journal, options).then(
        ({ retrieval }) => `rotated ${retrieval.state}`,
        error => error.code,
      ),
  }
}

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

for (const engine of useEngines()) {
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
      puts(made).map(each => [each['clientSecretRetentionPeriodType'], each['clientSecretRetentionPeriod']]),
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
      [made, asked].map(each => puts(each)[0]?.['clientSecretRetentionPeriod']),
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
}
