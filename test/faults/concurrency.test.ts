import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { startObserved } from './installation.ts'

test('38: one key fifty times at once: one client; the same 201, or 409 in progress', async t => {
  const service = await startObserved(t)
  const key = createKey()
  const answers = await Promise.all(Array.from({ length: 50 }, () => createUnderKey(service, key)))
  const created = answers.filter(({ status }) => status === 201)
  assert.equal(new Set(created.map(({ body }) => JSON.stringify(body))).size, 1)
  for (const { status, body } of answers) assert.ok(status === 201 || body.code === 'operation_in_progress')
  assert.deepEqual(service.madeClients(), ['pa_wam'])
  await service.check()
})

test('40: one key with another body: 422, and the first one is untouched', async t => {
  const service = await startObserved(t)
  const key = createKey()
  const first = await createUnderKey(service, key)
  const other = await createUnderKey(service, key, { body: { ...smallest, clientId: 'other' } })
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])
  assert.deepEqual((await createUnderKey(service, key)).body, first.body)
  await service.check()
})

test('41: one key of two callers: two requests that know nothing of each other', async t => {
  const service = await startObserved(t)
  const key = createKey()
  const mine = await createUnderKey(service, key)
  const body = { ...smallest, clientId: 'theirs' }
  const theirs = await createUnderKey(service, key, { body, as: 'shop-pipeline' })
  assert.deepEqual([mine.status, theirs.status], [201, 201])
  const foreign = await createUnderKey(service, createKey(), { as: 'shop-pipeline' })
  assert.equal(foreign.body.code, 'client_id_taken')
  assert.ok(!JSON.stringify([theirs.body, foreign.body]).includes('payments'))
  await service.check()
})

test('42: one token a hundred times at once, ten times over: one 200, the others alike and 410', async t => {
  const service = await startObserved(t)
  for (let round = 0; round < 10; round += 1) {
    const token = await createRetrieval(service, { clientId: `client-${round}` })
    const answers = await Promise.all(Array.from({ length: 100 }, () => redeem(service, token)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    const refused = answers.filter(({ status }) => status !== 200)
    const said = refused.map(({ status, body: { instance, ...body } }) => JSON.stringify([status, body]))
    assert.equal(new Set(said).size, 1)
    assert.equal(refused[0]?.body.code, 'retrieval_redeemed')
  }
  await service.check()
})
