import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { reportOrphans } from '../../src/web-session-clients/report-orphans.ts'
import { walkClients } from '../../src/web-session-clients/walk-clients.ts'
import { clientRow, operationRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'
import { startUpstream } from '../pingfederate/upstream.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'

const start = async (t: TestContext) => {
  const store = await openSqliteStore(t)
  const upstream = await startUpstream(t)
  const lines: unknown[] = []
  const log = { warn: (...line: unknown[]) => void lines.push(line) }
  const addClient = (clientId: string, description: string) =>
    callAdminApi(upstream.sandbox, 'POST', '/oauth/clients', { ...paWam, clientId, description })
  const addOperation = async (state: 'intended' | 'done' | 'failed', clientId = `${state}-client`) => {
    const operation = randomUUIDv7()
    const row = operationRow({ operation_id: operation, client_id: clientId, state })
    await store.write(trx => trx.insertInto('operation').values(row).execute())
    return operation
  }
  const addRow = (clientId: string) =>
    store.write(trx =>
      trx
        .insertInto('client')
        .values(clientRow({ client_id: clientId }))
        .execute(),
    )
  const pause = async () => undefined
  const report = (signal = new AbortController().signal) =>
    walkClients({ ...upstream, pause }, [reportOrphans({ store, log })], signal)
  return { ...upstream, lines, addClient, addOperation, addRow, report }
}

const mark = (operation: string): string => `Of payments [web-session-clients ${operation}]`

test('one line names the clients with our marker that no operation accounts for, and nothing is written to them', async t => {
  const { addClient, addOperation, addRow, report, lines, sandbox } = await start(t)
  for (const state of ['intended', 'done'] as const)
    await addClient(`${state}-client`, mark(await addOperation(state)))
  await addRow('done-client')
  const [failed, unknown] = [await addOperation('failed'), randomUUIDv7()]
  const deleted = await addOperation('done', 'deleted-client')
  await addClient('somebody-elses', 'Made by hand')
  await addClient('failed-client', mark(failed))
  await addClient('unknown-client', mark(unknown))
  await addClient('deleted-client', mark(deleted))
  const before = sandbox.pingFederate.clients()
  await report()
  const orphans = [
    { clientId: 'failed-client', operation: failed },
    { clientId: 'unknown-client', operation: unknown },
    { clientId: 'deleted-client', operation: deleted },
  ]
  assert.deepEqual(lines, [[{ count: 3, orphans }, 'clients in PingFederate that no operation accounts for']])
  assert.deepEqual(sandbox.pingFederate.clients(), before)
})

test('no line where every client is accounted for', async t => {
  const { addClient, addOperation, addRow, report, lines } = await start(t)
  await addClient('done-client', mark(await addOperation('done')))
  await addRow('done-client')
  await report()
  assert.deepEqual(lines, [])
})

test('however many orphans there are, they are read in pages, counted, and twenty of them named', async t => {
  const { addClient, report, lines, calls } = await start(t)
  for (let index = 0; index < 101; index += 1) await addClient(`client-${index}`, mark(randomUUIDv7()))
  const before = calls().length
  await report()
  assert.equal(calls().length - before, 2)
  const [[{ count, orphans }]] = lines as [[{ count: number; orphans: unknown[] }]]
  assert.deepEqual([count, orphans.length], [101, 20])
})

test('nothing is asked any more once the process is told to stop', async t => {
  const { report, calls } = await start(t)
  await report(AbortSignal.abort())
  assert.deepEqual(calls(), [])
})

test('a PingFederate that cannot be asked is the caller’s to tell', async t => {
  const { sandbox, report, lines } = await start(t)
  sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'drop' } } })
  await assert.rejects(report(), { name: 'PingFederateFailure' })
  assert.deepEqual(lines, [])
})
