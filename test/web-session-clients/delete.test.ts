import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval, readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService, withoutRequestId } from '../service.ts'
import { ageCreates } from './age-creates.ts'
import { edit, path, reconcile } from './drifts.ts'
import { recordCalls, smallest, writesOf } from './requests.ts'
import { clientPath, readTag, update } from './updates.ts'

const server = usePostgresServer()

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

const remove = ({ call }: Pick<TestService, 'call'>, options: CallOptions = {}) =>
  call('DELETE', clientPath, options)

/** A service with `pa_wam` switched off, and its token. */
const start = async (t: TestContext, options: Parameters<typeof startTestService>[1] = {}) => {
  const service = await startTestService(t, options)
  const token = await createRetrieval(service)
  assert.equal((await update(service, { enabled: false })).status, 200)
  await ageCreates(service.env['DATABASE_URL'])
  return { ...service, token, calls: recordCalls(service.sandbox) }
}

const codeOf = async (answer: Promise<{ status: number; body: { code: string } }>): Promise<unknown[]> => {
  const { status, body } = await answer
  return [status, body.code]
}

for (const engine of ['SQLite', 'PostgreSQL'] as const)
  test(`204: a client that is switched off is gone, here and in PingFederate, its token is dead and its id free, on ${engine}`, async t => {
    const database = engine === 'SQLite' ? {} : { database: await server.createDatabase(t) }
    const service = await start(t, database)
    const tag = await readTag(service)
    const { status, body } = await remove(service)
    assert.deepEqual([status, body], [204, ''])
    assert.deepEqual(service.sandbox.pingFederate.clients(), [])
    assert.equal((await service.call('GET', clientPath)).status, 404)
    assert.deepEqual(await codeOf(redeem(service, service.token)), [410, 'retrieval_revoked'])
    assert.equal((await remove(service)).status, 404)
    const again = await service.call('POST', '/web-session-clients', { body: smallest })
    assert.equal(again.status, 201)
    assert.equal((await update(service, { name: 'x' }, { tag })).status, 412)
  })

test('409 while people can log in: switched on here, or switched on again in PingFederate', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  assert.deepEqual(await codeOf(remove(service)), [409, 'client_enabled'])
  await update(service, { enabled: false })
  await edit(service, { enabled: true })
  await ageCreates(service.env['DATABASE_URL'])
  const calls = recordCalls(service.sandbox)
  assert.deepEqual(await codeOf(remove(service)), [409, 'client_enabled'])
  assert.deepEqual(writesOf(calls), [])
  await reconcile(service, 'reapply')
  assert.equal((await remove(service)).status, 204)
})

test('409 before the grace is over, with the time from when on', async t => {
  let ahead = 0
  const service = await start(t, {
    env: { DELETE_GRACE_MINUTES: '60' },
    world: { now: () => Date.now() + ahead },
  })
  const early = await remove(service)
  assert.deepEqual([early.status, early.body.code], [409, 'client_disabled_recently'])
  const seconds = Number(early.headers.get('retry-after'))
  assert.ok(seconds > 3_590 && seconds <= 3_600, String(seconds))
  ahead = 3_601_000
  assert.equal((await remove(service)).status, 204)
})

test('409 right after its create, with the time from when on: a POST that got stuck arrives, and the client stays deleted', async t => {
  let ahead = 0
  const service = await startTestService(t, {
    env: { PINGFEDERATE_TIMEOUT_MS: '100' },
    world: { now: () => Date.now() + ahead },
  })
  const arriving = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: { method: 'POST', path: '/oauth/clients' },
    fault: { actAfter: arriving.promise },
  })
  const create = () => service.call('POST', '/web-session-clients', { body: smallest })
  assert.deepEqual(await codeOf(create()), [504, 'outcome_unknown'])
  ahead = 2_000
  assert.equal((await create()).status, 201)
  assert.equal((await update(service, { enabled: false })).status, 200)
  const calls = recordCalls(service.sandbox)
  const early = await remove(service)
  assert.deepEqual([early.status, early.body.code], [409, 'client_created_recently'])
  const seconds = Number(early.headers.get('retry-after'))
  assert.ok(seconds >= 1 && seconds <= 4, String(seconds))
  assert.deepEqual(writesOf(calls), [])
  arriving.resolve()
  await struck
  ahead += 3_900
  assert.equal((await remove(service)).status, 204)
  assert.deepEqual(service.sandbox.pingFederate.clients(), [])
  assert.equal((await service.call('GET', clientPath)).status, 404)
})

test('204 right after it was switched off, also where this process’s clock is behind the database’s', async t => {
  const wrapStore = (store: Store): Store => ({ ...store, now: () => store.now() - 5_000 })
  assert.equal((await remove(await start(t, { wrapStore }))).status, 204)
})

test('409 client_in_use in PingFederate’s own words, and the client stays', async t => {
  const service = await start(t)
  const message = 'The client is referenced by a policy. wscrt_token'
  const body = { resultId: 'in_use', message }
  service.sandbox.pingFederate.faults.next({
    match: { method: 'DELETE', path },
    fault: { acts: false, answer: { kind: 'status', status: 422, body } },
  })
  const refused = await remove(service)
  assert.deepEqual([refused.status, refused.body.code], [409, 'client_in_use'])
  const [{ pointer, detail }] = refused.body.violations
  assert.deepEqual(
    [pointer, detail],
    ['/clientId', 'PingFederate says: The client is referenced by a policy. [masked] (in_use)'],
  )
  assert.equal((await service.call('GET', clientPath)).body.status, 'disabled')
  assert.equal((await remove(service)).status, 204)
})

test('204 for a client that PingFederate itself says it does not have, although nobody could switch it off', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  await callAdminApi(service.sandbox, 'DELETE', path)
  assert.deepEqual(await codeOf(remove(service)), [409, 'client_created_recently'])
  await ageCreates(service.env['DATABASE_URL'])
  assert.deepEqual(await codeOf(update(service, { enabled: false })), [409, 'client_missing_in_pingfederate'])
  service.sandbox.pingFederate.faults.next({
    match: { method: 'GET', path },
    fault: { answer: { kind: 'status', status: 404, body: '<html>' } },
  })
  assert.deepEqual(await codeOf(remove(service)), [502, 'pingfederate_invalid_response'])
  assert.equal((await remove(service)).status, 204)
  assert.equal((await service.call('GET', clientPath)).status, 404)
})

test('409 for what has lost its marker; 404 for another team’s, in the same words as for none', async t => {
  const service = await start(t)
  const foreign = await remove(service, { as: 'shop-pipeline' })
  const none = await service.call('DELETE', '/web-session-clients/none', { as: 'shop-pipeline' })
  assert.deepEqual(withoutRequestId(foreign), withoutRequestId(none))
  await edit(service, { description: 'By hand' })
  assert.deepEqual(await codeOf(remove(service)), [409, 'client_drifted'])
  assert.equal(service.sandbox.pingFederate.clients().length, 1)
})

test('the audit trail keeps who deleted it, and the operation is still read', async t => {
  const service = await start(t)
  await remove(service)
  const [{ operation_id: id } = assert.fail(), ...others] = readRows(
    service.databasePath,
    "select operation_id, outcome, subject from audit_event where action = 'client.delete' order by audit_event_id",
  )
  assert.deepEqual(
    others.map(({ outcome, subject }) => [outcome, subject]),
    [['done', 'payments-pipeline']],
  )
  const { status, body } = await service.call('GET', `/operations/${id}`)
  assert.deepEqual([status, body.kind, body.state], [200, 'delete', 'done'])
})
