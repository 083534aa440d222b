import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createRetrieval, readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { clientIds, createKey, createUnderKey, recordCalls, smallest } from './requests.ts'

const post = { method: 'POST', path: '/oauth/clients' }

const create = ({ call }: TestService, clientId: string) =>
  call('POST', '/web-session-clients', { body: { ...smallest, clientId } })

const operationCount = ({ databasePath }: TestService): number =>
  readRows(databasePath, 'select operation_id from operation').length

/** A service whose one slot for changes is held by a create until the test lets it go; nobody may wait. */
const startFull = async (t: TestContext, env: Record<string, string> = {}) => {
  const service = await startTestService(t, {
    env: { PINGFEDERATE_CONCURRENCY: '2', PINGFEDERATE_QUEUE: '0', ...env },
  })
  const key = createKey()
  const known = await createUnderKey(service, key)
  const token = await createRetrieval(service, { clientId: 'other' })
  const { promise: answers, resolve: release } = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: post,
    fault: { answerAfter: answers },
  })
  const holding = create(service, 'holding')
  await struck
  return { ...service, key, known, token, holding, release }
}

test('64: 503 pingfederate_busy with Retry-After when slots and queue are full: nothing is written or sent, and the others end in 201', async t => {
  const full = await startFull(t)
  const [before, calls] = [operationCount(full), recordCalls(full.sandbox)]
  for (let index = 0; index < 50; index += 1) {
    const { status, body, headers } = await create(full, `refused-${index}`)
    assert.deepEqual([status, body.code, headers.get('retry-after')], [503, 'pingfederate_busy', '1'])
    assert.equal((await full.call('GET', '/web-session-clients/other')).status, 200)
  }
  assert.equal(operationCount(full), before)
  // Not the holder's time-out either, though fifty refusals that each waited two seconds for a slot would outlast it.
  assert.deepEqual(calls, [])
  full.release()
  assert.equal((await full.holding).status, 201)
  assert.equal((await create(full, 'refused-0')).status, 201)
})

test('201, 409, 200: repetitions, taken ids, reads and redemptions are answered while every slot is held', async t => {
  const full = await startFull(t)
  const repeated = await createUnderKey(full, full.key)
  assert.deepEqual(repeated.body, full.known.body)
  assert.equal((await create(full, 'other')).body.code, 'client_id_taken')
  assert.equal((await create(full, 'holding')).body.code, 'operation_in_progress')
  assert.equal((await full.call('GET', '/web-session-clients/other')).status, 200)
  assert.equal((await redeem(full, full.token)).status, 200)
  full.release()
  assert.equal((await full.holding).status, 201)
})

test('503 pingfederate_busy for a create whose slot does not come in time, and its id is free', async t => {
  const full = await startFull(t, { PINGFEDERATE_QUEUE: '1', PINGFEDERATE_TIMEOUT_MS: '300' })
  const [first, second] = [create(full, 'waiting'), create(full, 'too-many')]
  const codes = (await Promise.all([first, second])).map(({ body }) => body.code)
  assert.ok(codes.includes('pingfederate_busy'), `${codes}`)
  await full.holding
  assert.equal((await create(full, 'later')).status, 201)
})

test('9: 503 pingfederate_unreachable at once after five failures in a row, nothing written, reads go on; 201 once PingFederate is back', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service, { clientId: 'other' })
  const planned = service.sandbox.pingFederate.faults.always({
    fault: { acts: false, answer: { kind: 'status', status: 503 } },
  })
  for (let index = 0; isTried(service); index += 1) await create(service, `failing-${index}`)
  const [before, calls] = [operationCount(service), recordCalls(service.sandbox)]
  const creates = () => calls.filter(({ method }) => method === 'POST')
  for (let index = 0; index < 20; index += 1) {
    const { status, body, headers } = await create(service, `refused-${index}`)
    assert.deepEqual([status, body.code, headers.get('retry-after')], [503, 'pingfederate_unreachable', '5'])
  }
  assert.equal(operationCount(service), before)
  assert.deepEqual(creates(), [])
  assert.equal((await redeem(service, token)).status, 200)
  assert.equal((await service.call('GET', '/web-session-clients/other')).status, 200)
  planned.remove()
  let last = await create(service, 'pa_wam')
  while (last.status === 503) last = await create(service, 'pa_wam')
  assert.equal(last.status, 201)
  assert.ok(service.logLines.some(line => line.includes('PingFederate answers again')))
  assert.ok(clientIds(service.sandbox).includes('pa_wam'))
})

/** Until the log says that calls are refused from now on. */
const isTried = ({ logLines }: TestService): boolean =>
  !logLines.some(line => line.includes('PingFederate does not answer'))
