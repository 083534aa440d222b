import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Answer, laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { type Delivered, deliver, open, startDelivered, webSessions } from '../web-sessions/delivered.ts'

/** The service of a later time, when nothing holds the client any more. */
const startLater = async (t: TestContext, service: Delivered): Promise<TestService> => {
  await service.stop()
  return startTestService(t, { after: service, world: { now: () => Date.now() + laterThanLeasesMs } })
}

/** Asks again as long as the answer is that somebody works on it. */
const deliverOnceSettled = async (service: TestService): Promise<Answer> => {
  for (;;) {
    const answer = await deliver(service)
    if (answer.body.code !== 'operation_in_progress') return answer
  }
}

const refusal = { kind: 'answer', status: 422, body: '{"flash":["Save Failed."],"form":{}}' } as const

test('84: PingAccess took a secret whose answer was lost: the next delivery leaves that one alive, so people log in although PingAccess refuses the next', async t => {
  const service = await startDelivered(t, { env: { PINGACCESS_TIMEOUT_MS: '2000' } })
  service.admin.break('PUT', { kind: 'lost' })
  const unknown = await deliver(service)
  assert.deepEqual([unknown.status, unknown.body.code], [504, 'outcome_unknown'])
  assert.match(await open(service), /^Hello, Ana/)
  const later = await startLater(t, service)
  service.admin.break('PUT', refusal)
  const refused = await deliverOnceSettled(later)
  assert.deepEqual(
    [refused.status, refused.body.code],
    [502, 'delivery_failed'],
    JSON.stringify(refused.body),
  )
  assert.match(await open(service), /^Hello, Ana/)
  assert.equal((await deliver(later)).status, 200)
  assert.match(await open(service), /^Hello, Ana/)
})

test('84: the first of two web sessions has the secret and the second is refused: the next delivery leaves that one alive, after a change of the client, too', async t => {
  const service = await startDelivered(t)
  const [first = assert.fail()] = await webSessions(service)
  const { id, ...others } = first
  await service.administrator.send('POST', '/webSessions', {
    ...others,
    ...{ name: 'second', audience: 'second' },
    clientCredentials: { clientId: 'pay', clientSecret: { value: 'x' }, credentialsType: 'SECRET' },
  })
  service.admin.break('PUT', { kind: 'before', work: async () => service.admin.break('PUT', refusal) })
  const failed = await deliver(service)
  assert.deepEqual([failed.status, failed.body.code], [502, 'delivery_failed'], JSON.stringify(failed.body))
  assert.match(await open(service), /^Hello, Ana/)
  const patched = await service.call('PATCH', '/web-session-clients/pay', {
    body: { name: 'Pay' },
    headers: { 'if-match': '*' },
  })
  assert.equal(patched.status, 200, JSON.stringify(patched.body))
  service.admin.break('PUT', refusal)
  const again = await deliver(service)
  assert.deepEqual([again.status, again.body.code], [502, 'delivery_failed'], JSON.stringify(again.body))
  assert.match(await open(service), /^Hello, Ana/)
  assert.ok(id)
})

test('84, 504: a process that was away until another one delivered does not put its former secret into PingAccess', async t => {
  let awayMs = 0
  const service = await startDelivered(t, { world: { now: () => Date.now() + awayMs } })
  const written: string[] = []
  service.pingAccess.onExchange(({ method }) => method === 'GET' || written.push(method))
  let meanwhile: Answer | undefined
  // The first look is before PingFederate is written to, the second right before PingAccess is.
  service.admin.break('GET', { kind: 'before', work: async () => undefined })
  service.admin.break('GET', {
    kind: 'before',
    work: async () => {
      awayMs = laterThanLeasesMs
      meanwhile = await deliver(service)
    },
  })
  const late = await deliver(service)
  assert.equal(meanwhile?.status, 200, JSON.stringify(meanwhile?.body))
  assert.deepEqual([late.status, late.body.code], [504, 'outcome_unknown'])
  assert.deepEqual(written, ['PUT'])
})

test('84, 502 delivery_failed: engines that never have the secret are waited for as long as PingFederate answers slowly, too', async t => {
  let awayMs = 0
  const service = await startDelivered(t, {
    sandbox: { cluster: 'clustered' },
    env: { PINGFEDERATE_REPLICATION: 'trigger' },
    world: { now: () => Date.now() + awayMs },
  })
  const { faults, onExchange } = service.sandbox.pingFederate
  faults.always({
    match: { path: '/cluster/replicate' },
    fault: { acts: false, answer: { kind: 'status', status: 503 } },
  })
  let looks = 0
  onExchange(({ path }) => {
    if (path !== '/cluster/status') return
    looks += 1
    awayMs += 10_000
  })
  const { status, body } = await deliver(service)
  assert.deepEqual([status, body.code], [502, 'delivery_failed'], JSON.stringify(body))
  assert.ok(looks < 10, `${looks} looks`)
})

test('84, 504: whoever stops the service breaks off what PingAccess does not answer, and the caller is told', async t => {
  const service = await startDelivered(t)
  const struck = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  service.admin.break('PUT', {
    kind: 'before',
    work: () => {
      struck.resolve()
      return released.promise
    },
  })
  const answered = deliver(service).catch(error => error)
  await struck.promise
  await service.stop({ graceMs: 0 })
  const { status, body } = await answered
  released.resolve()
  assert.deepEqual([status, body?.code], [504, 'outcome_unknown'])
})
