import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { answerProblems } from '../../src/errors.ts'
import { createLoadGauge, shedLoad } from '../../src/limits/overload.ts'
import { openConnection } from '../http/raw-socket.ts'
import { startTestService } from '../service.ts'

const calm = { lagMs: 1, heapShare: 0.5 }

const createGauge = (maxInFlight = 1_000) => {
  const clock = { now: 0 }
  const turns: (() => void)[] = []
  const gauge = createLoadGauge({
    maxInFlight,
    now: () => clock.now,
    afterTurn: done => void turns.push(done),
  })
  const endTurn = () => {
    for (const done of turns.splice(0)) done()
  }
  return { clock, gauge, endTurn }
}

/** How many of so many requests, a millisecond apart, are admitted in one turn of the event loop. */
const admittedInTurn = (
  { clock, gauge, endTurn }: ReturnType<typeof createGauge>,
  requests = 100,
): number => {
  let admitted = 0
  for (let request = 0; request < requests; request += 1) {
    if (gauge.admits()) admitted += 1
    clock.now += 1
  }
  endTurn()
  return admitted
}

test('a burst is admitted as a whole, however long its turn', () => {
  const load = createGauge()
  for (let samples = 0; samples < 4; samples += 1) load.gauge.sample({ ...calm, lagMs: 900 })
  load.gauge.sample(calm)
  assert.equal(admittedInTurn(load), 100)
})

test('delay that lasts half a second leaves new requests ten milliseconds of each turn, until half a second of calm', () => {
  const load = createGauge()
  for (let samples = 0; samples < 5; samples += 1) load.gauge.sample({ ...calm, lagMs: 60 })
  assert.equal(admittedInTurn(load), 11)
  assert.equal(admittedInTurn(load), 11)
  load.gauge.sample(calm)
  load.clock.now += 500
  assert.equal(admittedInTurn(load), 100)
})

test('51: after one stop of the event loop of more than a second, what has waited meanwhile is refused but for the first', () => {
  const load = createGauge()
  load.gauge.sample({ ...calm, lagMs: 5_000 })
  assert.equal(admittedInTurn(load), 11)
})

test('one request in a turn is admitted under pressure, however long the machine takes to look at it', () => {
  let time = 0
  const now = () => (time += 20)
  const gauge = createLoadGauge({ maxInFlight: 1_000, now, afterTurn: done => done() })
  gauge.sample({ ...calm, lagMs: 5_000 })
  for (let request = 0; request < 10; request += 1) assert.ok(gauge.admits())
})

test('50: nothing is admitted while the heap is nearly full, and everything once it is not', () => {
  const load = createGauge()
  load.gauge.sample({ ...calm, heapShare: 0.95 })
  assert.equal(admittedInTurn(load), 0)
  load.gauge.sample(calm)
  assert.equal(admittedInTurn(load), 100)
})

test('no more requests than the limit are worked on, and one that ends makes room for one', () => {
  const { gauge } = createGauge(2)
  const end = gauge.begin()
  gauge.begin()
  assert.ok(!gauge.admits())
  end()
  assert.ok(gauge.admits())
})

/** An application with two places, whose only route answers when the test says so. */
const startSmall = async (t: TestContext) => {
  const app = Fastify({ forceCloseConnections: true })
  t.after(() => app.close())
  answerProblems(app)
  shedLoad(app, { maxInFlight: 2, observeDelay: () => undefined })
  const answering = Promise.withResolvers<void>()
  let begun = 0
  app.get('/work', async () => {
    begun += 1
    await answering.promise
    return {}
  })
  app.post('/echo', async () => ({}))
  app.get('/health/live', async () => ({}))
  app.get('/health/ready', async () => ({}))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, answer: answering.resolve, begun: () => begun }
}

const problemOf = async (url: string) => {
  const answer = await fetch(url)
  const { code } = (await answer.json()) as { code?: string }
  return { status: answer.status, code, retryAfter: answer.headers.get('retry-after') }
}

test('503 overloaded with Retry-After beyond the limit, readiness too, liveness not; 200 once there is room', async t => {
  const { url, answer, begun } = await startSmall(t)
  const working = [fetch(`${url}/work`), fetch(`${url}/work`)]
  while (begun() < 2) await fetch(`${url}/health/live`)
  const refusal = { status: 503, code: 'overloaded', retryAfter: '1' }
  assert.deepEqual(await problemOf(`${url}/work`), refusal)
  assert.deepEqual(await problemOf(`${url}/health/ready`), refusal)
  assert.equal((await fetch(`${url}/health/live`)).status, 200)
  answer()
  for (const { status } of await Promise.all(working)) assert.equal(status, 200)
  assert.equal((await fetch(`${url}/health/ready`)).status, 200)
})

test('a client that goes away gives its place back', async t => {
  const { url, begun } = await startSmall(t)
  for (let round = 1; round <= 5; round += 1) {
    const leaving = new AbortController()
    const gone = fetch(`${url}/work`, { signal: leaving.signal }).catch(() => undefined)
    while (begun() < round) await fetch(`${url}/health/live`)
    leaving.abort()
    await gone
    while ((await fetch(`${url}/health/ready`)).status !== 200);
  }
})

test('503 overloaded for a body that does not fit beside those on their way, and room again once they have arrived', async t => {
  const { url } = await startSmall(t)
  const head =
    'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1048576\r\n\r\n'
  const arriving = Array.from({ length: 16 }, () => openConnection(t, url))
  await Promise.all(arriving.map(({ connected }) => connected))
  for (const { write } of arriving) write(`${head}"`)
  const post = () =>
    fetch(`${url}/echo`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  while ((await post()).status !== 503);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200)
  for (const { write } of arriving.slice(1)) write(`${' '.repeat(1_048_574)}"`)
  while ((await post()).status !== 200);
  arriving[0]?.close()
})

test('350 requests whose bodies do not come take nobody’s place', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const head = `POST /web-session-clients HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`
  const connections = Array.from({ length: 350 }, () => openConnection(t, service.url))
  await Promise.all(connections.map(({ connected }) => connected))
  for (const { write } of connections) write(head)
  for (let round = 0; round < 5; round += 1)
    assert.equal((await service.call('GET', '/web-session-clients')).status, 200)
  await service.stop({ graceMs: 1 })
})
