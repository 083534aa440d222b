import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
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

/** What a client is set to, apart from who has set it there and when. */
const readSet = async ({ read }: Pick<Made, 'read'>): Promise<unknown> => {
  const [row] = await read('select * from client')
  const { operation_id: operationId, updated_at: updatedAt, saved_at: savedAt, ...set } = row ?? assert.fail()
  return set
}

/** Everything that is managed here, as somebody may have left it in the console. */
const edits = {
  ...{ name: 'By hand', description: 'By hand', enabled: true, bypassApprovalPage: false },
  ...{
    redirectUris: ['https://b.example/cb'],
    grantTypes: ['IMPLICIT'],
    requireProofKeyForCodeExchange: true,
  },
  ...{ restrictScopes: true, restrictedScopes: ['email'] },
}

for (const engine of useEngines()) {
  const on = `on ${engine.name}`

  test(`${on}: the client is set again as it was, a switched-off one off, and the row tells nothing else than before`, async t => {
    const made = await makeClient(t, engine)
    await updateClient(made.journal, { settings: { enabled: false } })
    const before = await readSet(made)
    await editClient(made, { ...edits, logoUrl: 'https://example.com/logo.png' })
    const { client } = await reapplyClient(made.journal)
    assert.deepEqual([client.name, client.enabled], ['pa_wam', false])
    assert.deepEqual(await readDrift(made), [])
    assert.deepEqual(await readSet(made), before)
    const { enabled, logoUrl } = await readClient(made)
    assert.deepEqual([enabled, logoUrl], [false, 'https://example.com/logo.png'])
    const events = await made.read("select outcome from audit_event where action = 'client.reapply'")
    assert.deepEqual(events.map(({ outcome }) => outcome).toSorted(), ['done', 'intended'])
  })

  test(`82: ${on}: recovery ends it from the operation alone, where the answer and the look were lost`, async t => {
    const made = await makeClient(t, engine)
    const before = await readSet(made)
    await editClient(made, edits)
    made.calls.length = 0
    made.fault('PUT', { answer: { kind: 'drop' } })
    made.fault('GET', {})
    made.fault('GET', { answer: { kind: 'drop' } })
    assert.equal(await tell(reapplyClient(made.journal)), 'outcome_unknown')
    await outliveHold(made)
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'done')
    assert.deepEqual(await readDrift(made), [])
    assert.deepEqual(await readSet(made), before)
    assert.equal(puts(made).length, 1)
  })

  test(`82: ${on}: what arrives when its operation was given up leaves its marker, which is drift until the client is set again`, async t => {
    const made = await makeClient(t, engine)
    await editClient(made, edits)
    const arriving = Promise.withResolvers<void>()
    const { struck } = made.fault('PUT', { actAfter: arriving.promise })
    assert.equal(await tell(reapplyClient(made.journal)), 'outcome_unknown')
    await outliveHold(made)
    await made.journal.recover()
    assert.equal((await made.journal.states()).at(-1), 'failed outcome_unknown')
    arriving.resolve()
    await struck
    assert.deepEqual(await readDrift(made), ['/description'])
    assert.equal(await tell(updateClient(made.journal, { name: 'Next' })), 'client_drifted')
    assert.equal(await tell(reapplyClient(made.journal)), 'done')
    assert.deepEqual(await readDrift(made), [])
    assert.equal(await tell(updateClient(made.journal, { name: 'Next' })), 'done')
  })

  test(`${on}: a client that bears another’s marker, or is gone, is left alone`, async t => {
    const made = await makeClient(t, engine)
    await editClient(made, { description: addMarker('Another’s', randomUUIDv7()) })
    made.calls.length = 0
    assert.equal(await tell(reapplyClient(made.journal)), 'client_exists_in_pingfederate')
    assert.deepEqual(writesOf(made.calls), [])
    await callAdminApi(made.service.sandbox, 'DELETE', path)
    made.calls.length = 0
    assert.equal(await tell(reapplyClient(made.journal)), 'client_missing_in_pingfederate')
    assert.deepEqual(writesOf(made.calls), [])
  })
}
