import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
import { findOurs } from '../../src/web-session-clients/find-ours.ts'
import { openJournal } from '../journal/journal.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'

const path = '/oauth/clients/pa_wam'

test('a client is ours with its marker and without any, and with that of an operation that was given up; never with another', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  await service.stop()
  const { journal, store } = await openJournal(t, service, { aheadMs: 0 })
  const { pingFederate } = journal.upstream
  const find = () =>
    findOurs({ pingFederate, store }, 'pa_wam').then(
      ({ differences }) => differences.map(({ pointer }) => pointer),
      error => error.code,
    )
  assert.deepEqual(await find(), [])
  const { body: client } = await callAdminApi(service.sandbox, 'GET', path)
  const describe = (description: string) =>
    callAdminApi(service.sandbox, 'PUT', path, { ...client, description, enabled: false })
  await describe('by hand')
  assert.deepEqual(await find(), ['/enabled', '/description'])
  const late = randomUUIDv7()
  await describe(`x [web-session-clients ${late}]`)
  assert.equal(await find(), 'client_exists_in_pingfederate')
  const past = new Date(0).toISOString()
  await store.write(trx =>
    trx
      .insertInto('operation')
      .values({
        ...{ operation_id: late, kind: 'update', client_id: 'pa_wam', team: 'payments', state: 'failed' },
        ...{ failure: 'outcome_unknown', retrieval_id: null, refusal: null, request_id: 'r' },
        ...{ requested_by: 'x', created_at: past, lease_until: past, finished_at: past },
      })
      .execute(),
  )
  assert.deepEqual(await find(), ['/enabled', '/description'])
  await callAdminApi(service.sandbox, 'DELETE', path)
  assert.equal(await find(), 'client_missing_in_pingfederate')
})

test('a row that was read before is not read again where PingFederate has just that, and is not trusted where it has not', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  await service.stop()
  const { journal, store } = await openJournal(t, service, { aheadMs: 0 })
  const { pingFederate } = journal.upstream
  const { row } = await findOurs({ pingFederate, store }, 'pa_wam')
  const noDatabase = { pingFederate, store: { db: undefined as never } }
  assert.deepEqual((await findOurs(noDatabase, 'pa_wam', row)).row, row)
  const find = (known: typeof row) => findOurs({ pingFederate, store }, 'pa_wam', known)
  for (const stale of [{ name: 'former' }, { operation_id: randomUUIDv7() }]) {
    const found = await find({ ...row, ...stale })
    assert.deepEqual([found.row, found.differences], [row, []])
  }
  await callAdminApi(service.sandbox, 'DELETE', path)
  await assert.rejects(find(row), { code: 'client_missing_in_pingfederate' })
})
