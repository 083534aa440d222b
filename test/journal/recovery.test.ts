import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { clientIds, createUnderKey, recordCalls } from '../web-session-clients/requests.ts'
import { abandonCreate, openJournal } from './journal.ts'

const get = { method: 'GET', path: '/oauth/clients/pa_wam' }
const hourMs = 3_600_000

test('done at the next start, when PingFederate has the client: it is readable and its token works', async t => {
  const first = await startTestService(t)
  const { key, operation } = await abandonCreate(first, { acts: true })
  await first.stop()
  const calls = recordCalls(first.sandbox)
  const second = await startTestService(t, { after: first, world: { now: () => Date.now() + hourMs / 6 } })
  let read = await second.call('GET', operation)
  while (read.body.state === 'intended') read = await second.call('GET', operation)
  assert.deepEqual([read.body.state, read.body.failure], ['done', null])
  assert.equal((await second.call('GET', '/web-session-clients/pa_wam')).status, 200)
  assert.ok(second.logLines.some(line => line.includes('operation settled')))
  const again = await createUnderKey(second, key)
  assert.deepEqual([again.status, again.body.status], [201, 'ready'])
  assert.equal((await redeem(second, again.body.retrieval.token)).status, 200)
  assert.deepEqual(
    calls.filter(({ method }) => method !== 'GET'),
    [],
  )
})

test('failed, when PingFederate has no such client: the id is free and the sealed secret gone', async t => {
  const service = await startTestService(t)
  const { key } = await abandonCreate(service, { acts: false })
  await service.stop()
  const { recover, states, store } = await openJournal(t, service)
  await recover()
  assert.deepEqual(await states(), ['failed outcome_unknown'])
  for (const table of ['client', 'retrieval'])
    assert.deepEqual(readRows(service.databasePath, `select * from ${table}`), [])
  await store.close()
  const next = await startTestService(t, { after: service })
  assert.equal((await createUnderKey(next, key)).status, 201)
})

test('failed, when the client in PingFederate is somebody else’s, which is not touched', async t => {
  const service = await startTestService(t)
  await abandonCreate(service, { acts: false })
  await callAdminApi(service.sandbox, 'POST', '/oauth/clients', paWam)
  const before = service.sandbox.pingFederate.clients()
  await service.stop()
  const calls = recordCalls(service.sandbox)
  const { recover, states } = await openJournal(t, service)
  await recover()
  assert.deepEqual(await states(), ['failed client_exists_in_pingfederate'])
  assert.deepEqual(
    calls.map(({ method }) => method),
    ['GET'],
  )
  assert.deepEqual(service.sandbox.pingFederate.clients(), before)
})

test('untouched while the lease runs, and PingFederate is not asked', async t => {
  const service = await startTestService(t)
  await abandonCreate(service, { acts: true })
  await service.stop()
  const calls = recordCalls(service.sandbox)
  const { recover, states } = await openJournal(t, service, { aheadMs: 0 })
  await recover()
  assert.deepEqual(await states(), ['intended'])
  assert.deepEqual(calls, [])
})

test('open while PingFederate is down, settled in the next round once it is back, and never made or minted', async t => {
  const service = await startTestService(t)
  await abandonCreate(service, { acts: true })
  await abandonCreate(service, { acts: false }, 'other')
  const sealed = 'select sealed from retrieval order by retrieval_id'
  const before = readRows(service.databasePath, sealed)
  await service.stop()
  const calls = recordCalls(service.sandbox)
  const { recover, states } = await openJournal(t, service)
  const { faults } = service.sandbox.pingFederate
  faults.always({ fault: { answer: { kind: 'status', status: 503 } } })
  await recover()
  await recover()
  assert.deepEqual(await states(), ['intended', 'intended'])
  assert.deepEqual(readRows(service.databasePath, sealed), before)
  faults.clear()
  await recover()
  assert.deepEqual(await states(), ['done', 'failed outcome_unknown'])
  assert.deepEqual(readRows(service.databasePath, sealed), before.slice(0, 1))
  assert.deepEqual(
    calls.filter(({ method }) => method !== 'GET'),
    [],
  )
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
})

test('one that cannot be settled does not keep the others from it', async t => {
  const service = await startTestService(t)
  await abandonCreate(service, { acts: true })
  await abandonCreate(service, { acts: true }, 'other')
  await service.stop()
  const { recover, states } = await openJournal(t, service)
  const planned = service.sandbox.pingFederate.faults.always({
    match: get,
    fault: { answer: { kind: 'other-client', clientId: 'x' } },
  })
  await recover()
  assert.deepEqual(await states(), ['intended', 'done'])
  planned.remove()
  await recover()
  assert.deepEqual(await states(), ['done', 'done'])
})

/** A look-up that finds nothing and tells how many ran at once. */
const countLookUps = () => {
  let running = 0
  const seen = { most: 0, all: 0 }
  const findClient = async () => {
    running += 1
    seen.all += 1
    seen.most = Math.max(seen.most, running)
    // Others that are about to look have done so by then.
    for (let turns = 0; turns < 5; turns += 1) await turn()
    running -= 1
    return undefined
  }
  return { seen, findClient }
}

test('at most four look-ups at once after an outage, and rounds at once are one', async t => {
  const service = await startTestService(t)
  for (let index = 0; index < 12; index += 1) await abandonCreate(service, { acts: false }, `client-${index}`)
  await service.stop()
  const { seen, findClient } = countLookUps()
  const { recover, states } = await openJournal(t, service, { findClient })
  await Promise.all([recover(), recover(), recover()])
  assert.deepEqual(await states(), Array(12).fill('failed outcome_unknown'))
  assert.deepEqual(seen, { most: 4, all: 12 })
})

test('no further look-up once the process is told to stop: those under way are finished', async t => {
  const service = await startTestService(t)
  for (let index = 0; index < 6; index += 1) await abandonCreate(service, { acts: false }, `client-${index}`)
  await service.stop()
  const { seen, findClient } = countLookUps()
  const stopping = new AbortController()
  const { recover, states } = await openJournal(t, service, {
    findClient: () => {
      stopping.abort()
      return findClient()
    },
  })
  await recover(stopping.signal)
  assert.equal(seen.all, 4)
  assert.equal((await states()).filter(state => state === 'intended').length, 2)
})

test('the audit trail tells that recovery settled it, for whom it was begun, and what it was', async t => {
  const service = await startTestService(t)
  await abandonCreate(service, { acts: true })
  await service.stop()
  const { recover } = await openJournal(t, service)
  await recover()
  const events = readRows(service.databasePath, 'select * from audit_event order by audit_event_id')
  const [intended, done] = events
  assert.equal(events.length, 2)
  assert.deepEqual([intended?.['outcome'], intended?.['subject']], ['intended', 'payments-pipeline'])
  assert.deepEqual([done?.['outcome'], done?.['subject']], ['done', 'web-session-clients:recovery'])
  for (const name of ['action', 'team', 'client_id', 'operation_id'])
    assert.equal(done?.[name], intended?.[name])
})

test('two recoveries at once settle each operation once', async t => {
  const service = await startTestService(t)
  for (const acts of [true, false]) await abandonCreate(service, { acts }, `client-${acts}`)
  await service.stop()
  const journal = await openJournal(t, service)
  const other = await openJournal(t, service, { store: journal.store })
  await Promise.all([journal.recover(), other.recover()])
  assert.deepEqual(await journal.states(), ['done', 'failed outcome_unknown'])
  const ends = readRows(service.databasePath, "select * from audit_event where outcome <> 'intended'")
  assert.equal(ends.length, 2)
  assert.deepEqual(clientIds(service.sandbox), ['client-true'])
})
