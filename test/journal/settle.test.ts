import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs, startTestService } from '../service.ts'
import {
  clientIds,
  createKey,
  createUnderKey,
  recordCalls,
  writesOf,
} from '../web-session-clients/requests.ts'

const post = { method: 'POST', path: '/oauth/clients' }
const get = { method: 'GET', path: '/oauth/clients/pa_wam' }

/** A create that PingFederate lets wait before acting and before answering, and whose lease is over meanwhile. */
const startLateCreate = async (t: TestContext) => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const [arrived, acting, answering] = [0, 1, 2].map(() => Promise.withResolvers<void>())
  assert.ok(arrived && acting && answering)
  const fault = {
    get actAfter() {
      arrived.resolve()
      return acting.promise
    },
    answerAfter: answering.promise,
  }
  const { struck: acted } = service.sandbox.pingFederate.faults.next({ match: post, fault })
  const key = createKey()
  const original = createUnderKey(service, key)
  await arrived.promise
  ahead += laterThanLeasesMs
  return { service, key, original, act: acting.resolve, acted, answer: answering.resolve }
}

test('201 for the original that answers between the look of another request, which saw nothing, and its end', async t => {
  const { service, key, original, act, acted, answer } = await startLateCreate(t)
  const seen = Promise.withResolvers<void>()
  const looked = service.sandbox.pingFederate.faults.next({
    match: get,
    fault: { answerAfter: seen.promise },
  })
  const calls = recordCalls(service.sandbox)
  const retry = createUnderKey(service, key)
  await looked.struck
  act()
  await acted
  answer()
  const created = await original
  assert.equal(created.status, 201)
  seen.resolve()
  const repeated = await retry
  assert.deepEqual(repeated.body, created.body)
  assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 200)
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
  assert.equal(writesOf(calls).length, 1)
})

test('201 with the same token for both, when another request settled it as done before the original’s answer came', async t => {
  const { service, key, original, act, acted, answer } = await startLateCreate(t)
  act()
  await acted
  const repeated = await createUnderKey(service, key)
  assert.equal(repeated.status, 201)
  answer()
  const created = await original
  assert.deepEqual(created.body, repeated.body)
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
})

test('3: one client, and the retry’s, when the first POST arrives after the retry under the same key', async t => {
  const { service, key, original, act, answer } = await startLateCreate(t)
  const repeated = await createUnderKey(service, key)
  assert.equal(repeated.status, 201)
  act()
  answer()
  const { status, body: late } = await original
  assert.deepEqual([status, late.code], [409, 'client_exists_in_pingfederate'])
  assert.match(late.detail, /another request has made, such as a repetition of this one/)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
  assert.deepEqual((await createUnderKey(service, key)).body, repeated.body)
  assert.equal((await redeem(service, repeated.body.retrieval.token)).status, 200)
})
