import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { drift, edit, path, reconcile, start } from './drifts.ts'
import { writesOf } from './requests.ts'
import { readTables } from './tables.ts'
import { clientPath } from './updates.ts'

test('200: a client that is gone, or that another installation has made, is told so; 409 for settling either', async t => {
  const service = await start(t)
  await edit(service, { description: `x [web-session-clients ${randomUUIDv7()}]` })
  assert.deepEqual((await drift(service)).state, 'foreign')
  assert.equal((await reconcile(service, 'reapply')).body.code, 'client_exists_in_pingfederate')
  await callAdminApi(service.sandbox, 'DELETE', path)
  assert.deepEqual(await drift(service), { drifted: true, state: 'missing', differences: [] })
  for (const direction of ['reapply', 'accept'])
    assert.equal((await reconcile(service, direction)).body.code, 'client_missing_in_pingfederate')
})

test('200: comparing writes nothing, whatever it finds', async t => {
  const service = await start(t)
  await edit(service, { name: 'Shop', enabled: false })
  service.calls.length = 0
  const before = readTables(service)
  assert.deepEqual(
    (await drift(service)).differences.map((each: { pointer: string }) => each.pointer),
    ['/name', '/enabled'],
  )
  assert.deepEqual(writesOf(service.calls), [])
  assert.deepEqual(readTables(service), before)
})

test('404 and 502: not of another team, and not without PingFederate’s own word', async t => {
  const service = await start(t)
  const compare = (as?: 'shop-pipeline') =>
    service.call('GET', `${clientPath}/drift`, as === undefined ? {} : { as })
  assert.equal((await compare('shop-pipeline')).status, 404)
  service.sandbox.pingFederate.faults.next({
    match: { method: 'GET', path },
    fault: { answer: { kind: 'status', status: 404, body: '<html>' } },
  })
  const page = await compare()
  assert.deepEqual([page.status, page.body.code], [502, 'pingfederate_invalid_response'])
})
