import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
import { findRotatable } from '../../src/web-session-clients/find-rotatable.ts'
import { openJournal } from '../journal/journal.ts'
import { rotateClient } from '../journal/rotate-client.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'

const path = '/oauth/clients/pa_wam'

test('a client is found where the last change of this service made it what it is, and in no other state', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  await service.stop()
  const journal = await openJournal(t, service, { aheadMs: 0 })
  const { pingFederate } = journal.journal.upstream
  const find = (force = false) =>
    findRotatable({ pingFederate, store: journal.store }, { clientId: 'pa_wam', force }).then(
      ({ clientId }) => clientId,
      error => error.code,
    )
  assert.equal(await find(), 'pa_wam')
  await rotateClient(journal, { overlapMinutes: 15 })
  assert.deepEqual([await find(), await find(true)], ['previous_secret_alive', 'pa_wam'])
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: { method: 'GET', path }, fault: { answer: { kind: 'html' } } })
  assert.equal(await find(true), 'pingfederate_invalid_response')
  const { body: client } = await callAdminApi(service.sandbox, 'GET', path)
  for (const [description, code] of [
    ['by hand', 'client_drifted'],
    [`x [web-session-clients ${randomUUIDv7()}]`, 'client_exists_in_pingfederate'],
  ]) {
    await callAdminApi(service.sandbox, 'PUT', path, { ...client, description })
    assert.equal(await find(true), code)
  }
  await callAdminApi(service.sandbox, 'DELETE', path)
  assert.equal(await find(true), 'client_missing_in_pingfederate')
})
