import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { createKey, createUnderKey } from '../web-session-clients/requests.ts'
import { createInstallation, startObserved } from './installation.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

test('45: expired by a millisecond: dead, and still so after the clock is set back an hour and the process restarted', async t => {
  let now = Date.now()
  const service = await startObserved(t, { world: { now: () => now } })
  const token = await createRetrieval(service, { ttlSeconds: 60 })
  now += minuteMs + 1
  const refusals = [await redeem(service, token)]
  now -= minuteMs
  refusals.push(await redeem(service, token))
  for (const { status, body } of refusals) assert.deepEqual([status, body.code], [410, 'retrieval_expired'])
  await service.check()
})

test('45: what a sweep has seen expired stays dead for a process whose clock is an hour behind that', async t => {
  const installation = await createInstallation(t)
  const first = await installation.start()
  const token = await createRetrieval(first)
  await first.kill()
  const ahead = await installation.start({ aheadMs: hourMs })
  assert.equal((await redeem(ahead, token)).body.code, 'retrieval_expired')
  await ahead.kill()
  const back = await installation.start()
  assert.equal((await redeem(back, token)).body.code, 'retrieval_expired')
  await back.kill()
  await installation.check()
})

for (const stepMs of [5 * minuteMs, -5 * minuteMs]) {
  test(`46: the clock steps by ${stepMs / minuteMs} minutes during a create: it ends, once, and is settled by nobody else`, async t => {
    let stepped = 0
    const service = await startObserved(t, { world: { now: () => Date.now() + stepped } })
    const answering = Promise.withResolvers<void>()
    const { struck } = service.sandbox.pingFederate.faults.next({
      match: { method: 'POST' },
      fault: { answerAfter: answering.promise },
    })
    const key = createKey()
    const creating = createUnderKey(service, key)
    await struck
    stepped = stepMs
    answering.resolve()
    const created = await creating
    assert.equal(created.status, 201)
    stepped = 0
    assert.deepEqual((await createUnderKey(service, key)).body, created.body)
    assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
    await service.check()
  })
}

test('46: a service half a minute behind its issuer accepts its tokens, one five minutes behind does not', async t => {
  let ahead = -20_000
  const service = await startObserved(t, { world: { now: () => Date.now() + ahead } })
  assert.equal((await createUnderKey(service, createKey())).status, 201)
  ahead = -5 * minuteMs
  const { status, body } = await service.call('GET', '/web-session-clients')
  assert.deepEqual([status, body.code], [401, 'invalid_token'])
  await service.check()
})
