import assert from 'node:assert/strict'
import { test } from 'node:test'
import { laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { clientIds, recordCalls, smallest, writesOf } from '../web-session-clients/requests.ts'

const create = ({ call }: TestService) => call('POST', '/web-session-clients', { body: smallest })

const post = { method: 'POST', path: '/oauth/clients' }

/** Long enough for every answer that comes at all, short enough to wait for one that does not. */
const shortTimeout = { PINGFEDERATE_TIMEOUT_MS: '400' }

const never = new Promise<void>(() => undefined)

/** A create after which nobody knows whether there is a client: it is made, but no answer and no look-up arrive. */
const leaveOpen = async (service: TestService): Promise<void> => {
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: post, fault: { answer: { kind: 'drop' } } })
  faults.next({ match: { method: 'GET' }, fault: { answer: { kind: 'drop' } } })
  const unknown = await create(service)
  assert.equal(unknown.status, 504)
  assert.equal(unknown.body.code, 'outcome_unknown')
}

test('409 on the retry after an unknown outcome that did make the client, which can be read from then on', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  await leaveOpen(service)
  now += laterThanLeasesMs
  const calls = recordCalls(service.sandbox)
  const settled = await create(service)
  assert.equal(settled.status, 409)
  assert.equal(settled.body.code, 'client_id_taken')
  assert.deepEqual(writesOf(calls), [])
  assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 200)
})

test('504: a retry that cannot settle the outcome says so and leaves everything as it is', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  await leaveOpen(service)
  now += laterThanLeasesMs
  service.sandbox.pingFederate.faults.next({ fault: { answer: { kind: 'status', status: 503 } } })
  const failed = await create(service)
  assert.equal(failed.status, 504)
  assert.equal(failed.body.code, 'outcome_unknown')
  assert.equal((await create(service)).body.code, 'client_id_taken')
})

test('409 for all of many retries at once that settle the same outcome', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  await leaveOpen(service)
  now += laterThanLeasesMs
  const answers = await Promise.all(Array.from({ length: 5 }, () => create(service)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(5).fill(409),
  )
})

test('201 for exactly one of many retries at once after a create that made nothing', async t => {
  let now = Date.now()
  const service = await startTestService(t, { env: shortTimeout, world: { now: () => now } })
  const planned = service.sandbox.pingFederate.faults.always({
    match: post,
    fault: { acts: false, answerAfter: never },
  })
  assert.equal((await create(service)).status, 504)
  planned.remove()
  now += laterThanLeasesMs
  const answers = await Promise.all(Array.from({ length: 5 }, () => create(service)))
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [201, 409, 409, 409, 409])
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
})

test('201 with the working token although a retry has settled the create meanwhile', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const answering = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: post,
    fault: { answerAfter: answering.promise },
  })
  const slow = create(service)
  await struck
  now += laterThanLeasesMs
  const retry = await create(service)
  answering.resolve()
  assert.equal(retry.body.code, 'client_id_taken')
  const { status, body } = await slow
  assert.equal(status, 201, JSON.stringify(body))
  const redeemed = await service.call('POST', '/secret-retrievals', { body: { token: body.retrieval.token } })
  assert.equal(redeemed.status, 200)
})

test('504 outcome_unknown, as documented, when the look-up of a retry gets no answer', async t => {
  let now = Date.now()
  const service = await startTestService(t, { env: shortTimeout, world: { now: () => now } })
  await leaveOpen(service)
  now += laterThanLeasesMs
  service.sandbox.pingFederate.faults.next({ match: { method: 'GET' }, fault: { answerAfter: never } })
  const { status, body, headers } = await create(service)
  assert.equal(status, 504)
  assert.equal(body.code, 'outcome_unknown')
  assert.equal(headers.get('retry-after'), '10')
  const { body: document } = await service.call('GET', '/openapi.json')
  const documented = document.paths['/web-session-clients'].post.responses['504'].content
  assert.ok('outcome_unknown' in documented['application/problem+json'].examples)
})
