import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { addMarker } from '../../src/pingfederate/marker.ts'
import { reapplyClient, updateClient } from '../journal/update-client.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import {
  editClient,
  type Made,
  makeClient,
  outliveHold,
  path,
  puts,
  readClient,
  readDrift,
  tell,
  useEngines,
} from './changes.ts'
import { writesOf } from './requests.ts'

const readRow = async ({ read }: Pick<Made, 'read'>): Promise<Record<string, unknown>> =>
  (
    await read(
      'select client.*, retrieval.team as of_retrieval from client join retrieval using (retrieval_id)',
    )
  )[0] ?? assert.fail()

const readEvents = ({ read }: Pick<Made, 'read'>) =>
  read(
    "select outcome, subject, team from audit_event where action = 'client.update' order by audit_event_id",
  )

/** What changes at once, in columns and in settings. */
const wanted = {
  ...{ name: 'Shop', team: 'shop' },
  settings: { enabled: false, requirePkce: true, description: 'By PATCH' },
}

/** The client is what was wanted, in every place that tells of it. */
const isUpdated = async (made: Made, before: Record<string, unknown>): Promise<void> => {
  const row = await readRow(made)
  assert.deepEqual(
    [row['name'], row['team'], row['of_retrieval'], row['search_text']],
    ['Shop', 'shop', 'shop', 'pa_wam\nshop'],
  )
  assert.deepEqual(JSON.parse(String(row['settings'])), {
    ...JSON.parse(String(before['settings'])),
    ...wanted.settings,
  })
  assert.equal(Number(row['version']), Number(before['version']) + 1)
  assert.ok(String(row['updated_at']) >= String(before['updated_at']))
  // One statement sets both, and PostgreSQL's clock goes on while it runs.
  const [disabledAt, updatedAt] = [row['disabled_at'], row['updated_at']].map(each =>
    Date.parse(String(each)),
  )
  assert.ok(Math.abs(Number(updatedAt) - Number(disabledAt)) < 1_000)
  const { name, enabled, description } = await readClient(made)
  const marked = addMarker(wanted.settings.description, String(row['operation_id']))
  assert.deepEqual([name, enabled, description], ['Shop', false, marked])
  assert.deepEqual(await readDrift(made), [])
}

/** A PUT that is on its way when its operation is given up. */
const giveUp = async (t: TestContext, made: Made): Promise<{ arrive: () => Promise<void> }> => {
  const arriving = Promise.withResolvers<void>()
  const { struck } = made.fault('PUT', { actAfter: arriving.promise })
  t.after(() => arriving.resolve())
  assert.equal(await tell(updateClient(made.journal, { name: 'Late' })), 'outcome_unknown')
  await outliveHold(made)
  await made.journal.recover()
  assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown')
  return {
    arrive: () => {
      arriving.resolve()
      return struck
    },
  }
}

for (const engine of useEngines()) {
  const on = `on ${engine.name}`

  test(`${on}: everything that was decided is so at once, in the row and in PingFederate, and both ends are in the audit trail`, async t => {
    const made = await makeClient(t, engine)
    const before = await readRow(made)
    const { client, entityTag } = await updateClient(made.journal, wanted)
    await isUpdated(made, before)
    assert.deepEqual(
      [client.name, client.team, client.enabled, client.status],
      ['Shop', 'shop', false, 'disabled'],
    )
    const { version, created_at: createdAt } = await readRow(made)
    assert.equal(entityTag, `"${version}-${Date.parse(String(createdAt)).toString(36)}"`)
    assert.equal(puts(made).length, 1)
    assert.deepEqual(
      await readEvents(made),
      ['intended', 'done'].map(outcome => ({ outcome, subject: 'updater', team: 'payments' })),
    )
  })

  test(`82: ${on}: recovery makes the same of it from the operation alone, where the answer and the look were lost`, async t => {
    const made = await makeClient(t, engine)
    const before = await readRow(made)
    made.fault('PUT', { answer: { kind: 'drop' } })
    made.fault('GET', {})
    made.fault('GET', { answer: { kind: 'drop' } })
    assert.equal(await tell(updateClient(made.journal, wanted)), 'outcome_unknown')
    assert.deepEqual(await readRow(made), before)
    await outliveHold(made)
    await made.journal.recover()
    await isUpdated(made, before)
    assert.deepEqual(
      (await readEvents(made)).map(({ outcome }) => outcome),
      ['intended', 'done'],
    )
    assert.equal(puts(made).length, 1)
  })

  test(`81: ${on}: of two from one version, one after the other or at once, one changes the client; the other sends nothing`, async t => {
    const made = await makeClient(t, engine)
    const change = (name: string, version: number) => tell(updateClient(made.journal, { name }, { version }))
    assert.equal(await change('First', 1), 'done')
    assert.equal(await change('Stale', 1), 'precondition_failed')
    const both = await Promise.all([change('One', 2), change('Two', 2)])
    const [done, refused] = both.toSorted()
    assert.equal(done, 'done')
    assert.match(String(refused), /^(operation_in_progress|precondition_failed)$/)
    assert.equal(puts(made).length, 2)
    const { name, version } = await readRow(made)
    assert.deepEqual([name, Number(version)], [both[0] === 'done' ? 'One' : 'Two', 3])
    assert.deepEqual(await readDrift(made), [])
  })

  test(`${on}: what another has made, changed or deleted in PingFederate is not touched`, async t => {
    const made = await makeClient(t, engine)
    const before = await readRow(made)
    const edits: [fields: object, code: string][] = [
      [{ name: 'By hand' }, 'client_drifted'],
      [{ description: 'Without a marker' }, 'client_drifted'],
      [{ description: addMarker('Another’s', randomUUIDv7()) }, 'client_exists_in_pingfederate'],
    ]
    for (const [fields, code] of edits) {
      await editClient(made, fields)
      made.calls.length = 0
      assert.equal(await tell(updateClient(made.journal, wanted)), code)
      assert.deepEqual(writesOf(made.calls), [])
    }
    await callAdminApi(made.service.sandbox, 'DELETE', path)
    made.calls.length = 0
    assert.equal(await tell(updateClient(made.journal, wanted)), 'client_missing_in_pingfederate')
    assert.deepEqual(writesOf(made.calls), [])
    assert.deepEqual(await readRow(made), before)
  })

  test(`82: ${on}: what arrives when its operation was given up shows as drift, is not built upon, and is repaired by setting the client again`, async t => {
    const made = await makeClient(t, engine)
    const before = await readRow(made)
    const { arrive } = await giveUp(t, made)
    await arrive()
    assert.deepEqual(await readRow(made), before)
    assert.deepEqual(await readDrift(made), ['/name', '/description'])
    assert.equal(await tell(updateClient(made.journal, { name: 'Next' })), 'client_drifted')
    assert.equal(await tell(reapplyClient(made.journal)), 'done')
    assert.deepEqual(await readDrift(made), [])
    assert.equal((await readClient(made))['name'], before['name'])
    assert.equal(await tell(updateClient(made.journal, { name: 'Next' })), 'done')
  })

  test(`${on}: what PingFederate refuses points at the caller’s own field, and nothing is changed`, async t => {
    const made = await makeClient(t, engine)
    const before = await readRow(made)
    const pingAccessUrls = ['https://a.example', 'https://a.example/shop', 'https://b.example']
    const redirectUris = ['https://a.example/pa/oidc/cb', 'https://b.example/pa/oidc/cb']
    for (const [fieldPath, pointer] of [
      ['redirectUris[1]', '/pingAccessUrls/2'],
      ['restrictedScopes', '/scopes'],
      ['name', '/name'],
    ]) {
      const body = { resultId: 'validation_error', validationErrors: [{ message: 'Not this.', fieldPath }] }
      made.fault('PUT', { acts: false, answer: { kind: 'status', status: 422, body } })
      const refusal = await updateClient(made.journal, { settings: { pingAccessUrls, redirectUris } }).then(
        () => assert.fail(),
        error => error,
      )
      assert.deepEqual([refusal.code, refusal.violations.length], ['refused_by_pingfederate', 1])
      assert.equal(refusal.violations[0].pointer, pointer)
      assert.match(refusal.violations[0].detail, /Not this/)
    }
    assert.deepEqual(await readRow(made), before)
    assert.deepEqual(await readDrift(made), [])
  })

  test(`${on}: another team is told what it is told of a client that does not exist`, async t => {
    const made = await makeClient(t, engine)
    assert.equal(await tell(updateClient(made.journal, wanted, { team: 'shop' })), 'client_not_found')
    assert.equal(await tell(reapplyClient(made.journal, { team: 'shop' })), 'client_not_found')
    assert.deepEqual(made.calls, [])
    assert.deepEqual(await readEvents(made), [])
  })
}
