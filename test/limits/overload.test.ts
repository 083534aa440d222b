import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { answerProblems } from '../../src/errors.ts'
import { rememberAddresses } from '../../src/http/peer-address.ts'
import { shedLoad } from '../../src/limits/overload.ts'
import type { ServiceName } from '../../src/sandbox/callers.ts'
import { openConnection, type RawConnection } from '../http/raw-socket.ts'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { startTestService, type TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

/** An application with two places for each sender, whose only route with work answers when the test says so. */
const startSmall = async (t: TestContext) => {
  const app = Fastify({ forceCloseConnections: true, trustProxy: true })
  t.after(() => app.close())
  // Or who has gone would be somebody else than who comes back.
  rememberAddresses(app.server)
  answerProblems(app)
  const { arrivingBytes } = shedLoad(app, { maxInFlight: 4, observeDelay: () => undefined })
  let late = 0
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers['x-late'] === undefined) return done()
    // As authentication may take until its client has gone.
    reply.raw.once('close', () =>
      setImmediate(() => {
        done()
        late += 1
      }),
    )
  })
  const answering = Promise.withResolvers<void>()
  let begun = 0
  const work = async () => {
    begun += 1
    await answering.promise
    return {}
  }
  app.get('/work', work)
  app.post('/work', work)
  app.post('/echo', async () => ({}))
  for (const path of ['/health/live', '/health/ready', '/metrics']) app.get(path, async () => ({}))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, answer: answering.resolve, begun: () => begun, late: () => late, arrivingBytes }
}

const fromElsewhere = { headers: { 'x-forwarded-for': '192.0.2.1' } }

const problemOf = async (url: string) => {
  const answer = await fetch(url)
  const { code } = (await answer.json()) as { code?: string }
  return { status: answer.status, code, retryAfter: answer.headers.get('retry-after') }
}

test('503 overloaded with Retry-After beyond the limit, readiness too, liveness and metrics not; 200 once there is room', async t => {
  const { url, answer, begun } = await startSmall(t)
  const working = [fetch(`${url}/work`), fetch(`${url}/work`)]
  while (begun() < 2) await fetch(`${url}/health/live`)
  const refusal = { status: 503, code: 'overloaded', retryAfter: '1' }
  assert.deepEqual(await problemOf(`${url}/work`), refusal)
  assert.deepEqual(await problemOf(`${url}/health/ready`), refusal)
  assert.equal((await fetch(`${url}/health/live`)).status, 200)
  assert.equal((await fetch(`${url}/metrics`)).status, 200)
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

test('no more requests of one sender than its share are worked on, those of another one are, and one that ends makes room', async t => {
  const { url, answer, begun } = await startSmall(t)
  const working = [fetch(`${url}/work`), fetch(`${url}/work`)]
  while (begun() < 2) await fetch(`${url}/health/live`)
  assert.equal((await fetch(`${url}/health/ready`)).status, 503)
  assert.equal((await fetch(`${url}/health/ready`, fromElsewhere)).status, 200)
  working.push(fetch(`${url}/work`, fromElsewhere))
  while (begun() < 3) await fetch(`${url}/health/live`)
  assert.equal((await fetch(`${url}/health/ready`, fromElsewhere)).status, 503)
  answer()
  for (const { status } of await Promise.all(working)) assert.equal(status, 200)
  assert.equal((await fetch(`${url}/health/ready`)).status, 200)
})

test('503 before the body has arrived, where its sender has no place, and 200 for another sender’s', async t => {
  const { url, answer, begun } = await startSmall(t)
  const working = [1, 2].map(() => fetch(`${url}/work`, { method: 'POST' }))
  while (begun() < 2) await fetch(`${url}/health/live`)
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n'
  const refused = openConnection(t, url)
  refused.write(`${head}\r\n{`)
  await refused.answered
  refused.write('}')
  refused.write('GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  assert.match(await refused.received, /^HTTP\/1.1 503 .*"code":"overloaded"/s)
  const served = openConnection(t, url)
  served.write(`${head}x-forwarded-for: 192.0.2.1\r\nconnection: close\r\n\r\n{}`)
  assert.match(await served.received, /^HTTP\/1.1 200 /)
  answer()
  for (const { status } of await Promise.all(working)) assert.equal(status, 200)
})

const early = {
  'with a body':
    'POST /echo HTTP/1.1\r\nhost: x\r\nx-late: 1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
  'without one': 'GET /work HTTP/1.1\r\nhost: x\r\nx-late: 1\r\n\r\n',
}

for (const [what, request] of Object.entries(early))
  test(`a client that has gone before its request, ${what}, was looked at takes no place and no room`, async t => {
    const { url, late, arrivingBytes } = await startSmall(t)
    for (let round = 1; round <= 10; round += 1) {
      const { write, connected, close } = openConnection(t, url)
      await connected
      write(request)
      // On another connection: it is answered after what has come before.
      await fetch(`${url}/health/live`)
      close()
      while (late() < round) await fetch(`${url}/health/live`)
    }
    assert.equal(arrivingBytes(), 0)
    assert.equal((await fetch(`${url}/health/ready`)).status, 200)
  })

test('a body that has arrived takes no room, though its request is still being worked on', async t => {
  const { url, answer, begun, arrivingBytes } = await startSmall(t)
  const headers = { 'content-type': 'application/json' }
  const working = fetch(`${url}/work`, { method: 'POST', headers, body: '{}' })
  while (begun() < 1) await fetch(`${url}/health/live`)
  assert.equal(arrivingBytes(), 0)
  answer()
  assert.equal((await working).status, 200)
})

const lengths: Record<string, { field: string; begin: string; end: string }> = {
  'that tells its length': {
    field: 'content-length: 1048576',
    begin: '"',
    end: `${' '.repeat(1_048_574)}"`,
  },
  'in chunks, which counts as the longest': {
    field: 'transfer-encoding: chunked',
    begin: '1\r\n"\r\n',
    end: '1\r\n"\r\n0\r\n\r\n',
  },
}

for (const [what, { field, begin, end }] of Object.entries(lengths))
  test(`503 overloaded for a body that does not fit beside those on their way, ${what}, and room again once they have arrived`, async t => {
    const { url } = await startSmall(t)
    const arriving = Array.from({ length: 8 }, () => openConnection(t, url))
    await Promise.all(arriving.map(({ connected }) => connected))
    for (const { write } of arriving)
      write(`POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${field}\r\n\r\n${begin}`)
    const post = () =>
      fetch(`${url}/echo`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    while ((await post()).status !== 503);
    assert.equal((await fetch(`${url}/health/ready`)).status, 200)
    for (const { write } of arriving.slice(1)) write(end)
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
  closeAll(connections)
})

const mebibyte = 1024 * 1024

/** Opens 300 connections that each announce the longest body and send one byte of it. */
const announce = async (t: TestContext, service: TestService, head: string) => {
  const connections = Array.from({ length: 300 }, () => openConnection(t, service.url))
  await Promise.all(connections.map(({ connected }) => connected))
  for (const { write } of connections)
    write(`${head}host: x\r\ncontent-type: application/json\r\ncontent-length: 65536\r\n\r\n{`)
  return connections
}

/** Or the stop would wait for the bodies. */
const closeAll = (connections: RawConnection[]): void => {
  for (const { close } of connections) close()
}

const readArriving = async (service: TestService) =>
  sumOf(await readMetrics(service), 'web_session_clients_http_arriving_bytes')

/** The same of nobody known: each is answered at once, and none of their bodies is waited for. */
const announceAsStranger = async (t: TestContext, service: TestService): Promise<RawConnection[]> => {
  const before = await readArriving(service)
  const all: RawConnection[] = []
  for (const address of ['/nothing', '/web-session-clients']) {
    const connections = await announce(t, service, `POST ${address} HTTP/1.1\r\n`)
    await Promise.all(connections.map(({ answered }) => answered))
    all.push(...connections)
  }
  assert.equal(await readArriving(service), before)
  return all
}

/** Sends a body once, whatever the answer is. */
const post = async ({ sandbox, url }: TestService, as: ServiceName, path: string, body: unknown) => {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await sandbox.accessToken({ service: as })}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as { retrieval?: { token: string } } }
}

const createAndRedeem = async (service: TestService, as: ServiceName, clientId: string) => {
  const created = await post(service, as, '/web-session-clients', { ...smallest, clientId })
  const redeemed = await post(service, as, '/secret-retrievals', { token: created.body.retrieval?.token })
  return [created.status, redeemed.status]
}

test('77: 201 and 200: a create and a redemption of another team while 300 bodies of one team and 300 of nobody known do not come', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const create = `POST /web-session-clients HTTP/1.1\r\nauthorization: Bearer ${token}\r\n`
  const ofOneTeam = await announce(t, service, create)
  while ((await readArriving(service)) !== 8 * mebibyte);
  const own = await post(service, 'payments-pipeline', '/web-session-clients', smallest)
  assert.deepEqual([own.status, own.body], [503, { ...own.body, code: 'overloaded' }])
  assert.deepEqual(await createAndRedeem(service, 'shop-pipeline', 'beside-one-team'), [201, 200])
  const ofStrangers = await announceAsStranger(t, service)
  assert.deepEqual(await createAndRedeem(service, 'shop-pipeline', 'beside-both'), [201, 200])
  closeAll([...ofOneTeam, ...ofStrangers])
})

test('77: 201 and 200: a create and a redemption while 300 bodies of nobody known do not come', async t => {
  const service = await startTestService(t)
  const connections = await announceAsStranger(t, service)
  assert.deepEqual(await createAndRedeem(service, 'payments-pipeline', 'beside-strangers'), [201, 200])
  closeAll(connections)
})
