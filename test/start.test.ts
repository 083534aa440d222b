import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { openConnection } from './http/raw-socket.ts'
import { environment, laterThanLeasesMs, startTestService, type TestService } from './service.ts'
import { smallest } from './web-session-clients/requests.ts'

const never = new Promise<void>(() => undefined)
const post = { method: 'POST', path: '/oauth/clients' }
const headers = { 'idempotency-key': 'the-key-of-this-request' }
const create = ({ call }: TestService, token?: string) =>
  call('POST', '/web-session-clients', { body: smallest, headers, ...(token !== undefined && { token }) })

/** The service again, later than any lease, with the same database and the same PingFederate. */
const startAgain = async (
  t: TestContext,
  { sandbox, databasePath }: TestService,
  env: Record<string, string>,
) =>
  startTestService(t, {
    env: { ...environment(sandbox, databasePath), ...env },
    world: { now: () => Date.now() + laterThanLeasesMs },
  })

const secretKey = { SECRET_KEY: Buffer.alloc(32, 7).toString('base64url') }

for (const acts of [true, false]) {
  test(`48: 504 with the operation for a create that a hanging PingFederate ${acts ? 'made' : 'did not make'} when the stop’s time is over; after the next start the same key gets one client and a working token`, async t => {
    const first = await startTestService(t, { env: secretKey })
    const { faults } = first.sandbox.pingFederate
    const { struck } = faults.next({ match: post, fault: { acts, answerAfter: never } })
    const creating = create(first)
    await struck
    await first.stop({ graceMs: 1 })
    const broken = await creating
    assert.equal(broken.status, 504)
    assert.equal(broken.body.code, 'outcome_unknown')
    assert.match(broken.body.operation, /^\/operations\//)
    assert.ok(first.logLines.some(line => line.includes('left to the next start')))
    const second = await startAgain(t, first, secretKey)
    const token = await first.sandbox.accessToken({ service: 'payments-pipeline' })
    while (!second.logLines.some(line => line.includes('operation settled'))) await setImmediate()
    const repeated = await create(second, token)
    assert.equal(repeated.status, 201)
    assert.equal(first.sandbox.pingFederate.clients().length, 1)
    const redeemed = await second.call('POST', '/secret-retrievals', {
      body: { token: repeated.body.retrieval.token },
      token,
    })
    assert.equal(redeemed.status, 200)
  })
}

test('a create that waits for its place when the stop’s time is over is told that nothing was done, and nothing was', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_CONCURRENCY: '2' } })
  const { struck } = service.sandbox.pingFederate.faults.next({ match: post, fault: { answerAfter: never } })
  const holding = create(service)
  await struck
  const waiting = service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'other' } })
  // Answered on a connection of its own, so that the service has read what came before it.
  await service.call('GET', '/health/live')
  await service.stop({ graceMs: 1 })
  assert.equal((await holding).status, 504)
  assert.equal((await waiting).status, 503)
  assert.deepEqual(
    service.sandbox.pingFederate.clients().map(({ clientId }) => clientId),
    ['pa_wam'],
  )
})

test('a stop is not held up by a client that sends half a request', async t => {
  const service = await startTestService(t)
  const connection = openConnection(t, service.url)
  await connection.connected
  connection.write('POST /web-session-clients HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n')
  await service.call('GET', '/health/live')
  await service.stop({ graceMs: 1 })
  await connection.received
})

test('a stop is not held up by a recovery that waits for PingFederate', async t => {
  const first = await startTestService(t, { env: secretKey })
  const { faults } = first.sandbox.pingFederate
  faults.always({ match: { method: 'GET' }, fault: { answer: { kind: 'status', status: 503 } } })
  faults.next({ match: post, fault: { answer: { kind: 'drop' } } })
  assert.equal((await create(first)).status, 504)
  await first.stop()
  faults.clear()
  const { struck } = faults.next({ match: { method: 'GET' }, fault: { answerAfter: never } })
  const second = await startAgain(t, first, secretKey)
  await struck
  await second.stop()
  const third = await startAgain(t, first, secretKey)
  const token = await first.sandbox.accessToken({ service: 'payments-pipeline' })
  while (!third.logLines.some(line => line.includes('operation settled'))) await setImmediate()
  assert.equal((await create(third, token)).status, 201)
  assert.equal(first.sandbox.pingFederate.clients().length, 1)
})
