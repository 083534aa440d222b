import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { openConnection } from '../http/raw-socket.ts'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { startTestService, type TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { share, startFullShare } from './full-share.ts'

const head = (line: string, ...fields: string[]): string =>
  [`${line} HTTP/1.1`, 'host: x', ...fields].map(each => `${each}\r\n`).join('')

const json = 'content-type: application/json'
/** Sent with a valid token in this place; what its caller takes is its team's. */
const known = 'authorization: Bearer TOKEN'

/** Requests whose answer may be complete before the body is; each is answered whatever follows. */
const answered = {
  'GET that announces a body': `${head('GET /health/live', 'content-length: 65536')}\r\n`,
  'HEAD that announces a body': `${head('HEAD /health/ready', 'content-length: 65536')}\r\n`,
  'GET without a body': `${head('GET /health/ready')}\r\n`,
  'GET with a long answer': `${head('GET /documentation/static/swagger-ui-bundle.js')}\r\n`,
  'POST without a token': `${head('POST /web-session-clients', json, 'content-length: 65536')}\r\n{`,
  'POST to nowhere in a type that is not read': `${head('POST /nothing', 'content-type: text/plain', 'content-length: 9')}\r\n`,
  'POST to nowhere with half a body': `${head('POST /nothing', json, 'content-length: 65536')}\r\n{`,
  'POST to nowhere with half a chunk': `${head('POST /nothing', json, 'transfer-encoding: chunked')}\r\n9\r\n{`,
  'GET of a team’s list': `${head('GET /web-session-clients', known)}\r\n`,
  'POST of a team that is no JSON': `${head('POST /web-session-clients', known, json, 'content-length: 9')}\r\n{{{{{{{{{`,
  'POST that is too long': `${head('POST /web-session-clients', known, json, 'content-length: 1048576')}\r\n{`,
}

/** Those that wait for the rest of their body. */
const unanswered = {
  'POST of a team with half a body': `${head('POST /web-session-clients', known, json, 'content-length: 65536')}\r\n{`,
  'POST of a team with half a chunk': `${head('POST /secret-retrievals', known, json, 'transfer-encoding: chunked')}\r\n9\r\n{`,
  'DELETE with half a body': `${head('DELETE /web-session-clients/x/retrieval', known, json, 'content-length: 65536')}\r\n{`,
}

type Connection = { first: string; others: string[]; isAnswered: boolean }

/** One connection: what is sent on it at once, and whether it ends after the first byte of an answer or without waiting. */
const connection: fc.Arbitrary<Connection> = fc.record({
  first: fc.constantFrom(...Object.values(answered)),
  others: fc.array(fc.constantFrom(...Object.values(answered), ...Object.values(unanswered)), {
    maxLength: 3,
  }),
  isAnswered: fc.boolean(),
})

const toTarget = async ({ url, sandbox }: TestService) => ({
  url,
  token: await sandbox.accessToken({ service: 'payments-pipeline' }),
})

const send = async (
  t: TestContext,
  { url, token }: { url: string; token: string },
  { first, others, isAnswered }: Connection,
): Promise<void> => {
  const socket = openConnection(t, url)
  await socket.connected
  socket.write([first, ...others].join('').replaceAll('TOKEN', token))
  if (isAnswered) await Promise.race([socket.answered, socket.received])
  socket.close()
  await socket.received
}

/** What is under way, this question apart. */
const readLoad = async (service: TestService) => {
  const metrics = await readMetrics(service)
  const arriving = sumOf(metrics, 'web_session_clients_http_arriving_bytes')
  const inFlight = sumOf(metrics, 'web_session_clients_http_requests_in_flight') ?? Number.NaN
  return { arriving, inFlight: inFlight - 1 }
}

/**
 * The service hears of a connection's end a little after the test; what is kept for good is still there later.
 * @param held requests that are meant to be under way
 */
const readSettledLoad = async (service: TestService, held = 0) => {
  let load = await readLoad(service)
  for (let reads = 0; reads < 200 && (load.arriving !== 0 || load.inFlight !== held); reads += 1)
    load = await readLoad(service)
  return load
}

test('76: whatever is sent, and however its connection ends, nothing is kept of it: every gauge is back at 0', async t => {
  const service = await startTestService(t)
  const target = await toTarget(service)
  await fc.assert(
    fc.asyncProperty(fc.array(connection, { minLength: 1, maxLength: 20 }), async connections => {
      await Promise.all(connections.map(each => send(t, target, each)))
      assert.deepEqual(await readSettledLoad(service), { arriving: 0, inFlight: 0 })
    }),
    { numRuns: 40 },
  )
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
})

test('76: the same of a team without a place, whose changes are refused before they are routed', async t => {
  const { service, send: sendAsTeam, release } = await startFullShare(t)
  const target = await toTarget(service)
  await fc.assert(
    fc.asyncProperty(fc.array(connection, { minLength: 1, maxLength: 20 }), async connections => {
      await Promise.all(connections.map(each => send(t, target, each)))
      assert.deepEqual(await readSettledLoad(service, share), { arriving: 0, inFlight: share })
      assert.equal((await sendAsTeam('POST', '/web-session-clients', smallest)).status, 503)
    }),
    { numRuns: 20 },
  )
  await release()
  assert.deepEqual(await readSettledLoad(service), { arriving: 0, inFlight: 0 })
  const body = { ...smallest, clientId: 'after' }
  assert.equal((await service.call('POST', '/web-session-clients', { body })).status, 201)
})

test('76: 200 for readiness and 201 for a create after 400 connections, more than there are places, that ended with', async t => {
  const service = await startTestService(t)
  const target = await toTarget(service)
  for (const [index, [what, request]] of Object.entries({ ...answered, ...unanswered }).entries())
    await t.test(what, async t => {
      const isAnswered = Object.values(answered).includes(request)
      for (let round = 0; round < 4; round += 1)
        await Promise.all(
          Array.from({ length: 100 }, () => send(t, target, { first: request, others: [], isAnswered })),
        )
      assert.deepEqual(await readSettledLoad(service), { arriving: 0, inFlight: 0 })
      assert.equal((await fetch(`${service.url}/health/ready`)).status, 200)
      const body = { ...smallest, clientId: `after-${index}` }
      assert.equal((await service.call('POST', '/web-session-clients', { body })).status, 201)
    })
})

test('76: 413 for 400 bodies that are sent as a whole, and 201 for a create after them', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    // Three times what a body may have, so that its end has not been read when the answer is sent.
    body: Buffer.alloc(200_000, ' '),
  }
  const statuses = new Set<number | 'closed'>()
  for (let round = 0; round < 8; round += 1)
    await Promise.all(
      Array.from({ length: 50 }, () =>
        fetch(`${service.url}/web-session-clients`, options).then(
          ({ status }) => statuses.add(status),
          // The answer closes the connection while the body is still being sent.
          () => statuses.add('closed'),
        ),
      ),
    )
  assert.ok(statuses.delete(413))
  statuses.delete('closed')
  assert.deepEqual([...statuses], [])
  assert.deepEqual(await readSettledLoad(service), { arriving: 0, inFlight: 0 })
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
})

test('201 after a connection ended on which 400 requests waited behind another one: each gives its place back', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const body = JSON.stringify(smallest)
  const create = head(
    'POST /web-session-clients',
    json,
    `authorization: Bearer ${token}`,
    `content-length: ${body.length}`,
  )
  const held = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: held.promise },
  })
  const connection = openConnection(t, service.url)
  await connection.connected
  connection.write(`${create}\r\n${body}${`${head('GET /health/ready')}\r\n`.repeat(400)}`)
  await struck
  connection.close()
  held.resolve()
  assert.deepEqual(await readSettledLoad(service), { arriving: 0, inFlight: 0 })
  assert.equal((await fetch(`${service.url}/health/ready`)).status, 200)
  assert.equal(
    (await service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'after' } })).status,
    201,
  )
})
