import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { createPingFederate } from '../../src/pingfederate/ping-federate.ts'
import { listen } from '../../src/sandbox/listen.ts'
import type { OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import { oddAnswers, statusOf } from './odd-answers.ts'
import { asAnswered, basicConfig, clientSecret, connect, newClient, startUpstream } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const write = asAnswered({ method: 'POST', path: '/oauth/clients' })
const version = asAnswered({ method: 'GET', path: '/version' })
const post = asAnswered({ method: 'POST', path: '/oauth/clients' })
const status = (code: number, headers = {}, body?: unknown): OddAnswer => ({
  kind: 'status',
  status: code,
  headers,
  body,
})

/** The failure of one read that is answered like this. */
const failWith = async (
  t: TestContext,
  answer: OddAnswer,
  timeoutMs = 2_000,
): Promise<PingFederateFailure> => {
  const { sandbox, transport } = await startUpstream(t, { config: { timeoutMs } })
  sandbox.pingFederate.faults.next({ fault: { answer } })
  return failureOf(transport.call(version))
}

const failureOf = (call: Promise<unknown>): Promise<PingFederateFailure> =>
  call.then(
    answer => assert.fail(`answered ${JSON.stringify(answer)}`),
    failure => failure,
  )

/** A server of the test's own, for what no stand-in says; undefined headers are sent as they are. */
const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const listening = await listen(createServer(listener), 0, '127.0.0.1')
  t.after(() => listening[Symbol.asyncDispose]())
  return `http://127.0.0.1:${listening.port}`
}

test('every request carries X-XSRF-Header and Basic credentials, reads included', async t => {
  const { sandbox } = await startUpstream(t)
  const seen: IncomingMessage[] = []
  const adminUrl = await serve(t, (request, response) => {
    seen.push(request)
    request.resume().once('end', () => response.writeHead(204).end())
  })
  const { call } = connect(t, { ...basicConfig(sandbox), adminUrl })
  for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const)
    await call(asAnswered({ method, path: '/oauth/clients', ...(method.startsWith('P') && { body: {} }) }))
  assert.equal(seen.length, 4)
  const expected = `Basic ${Buffer.from(`${sandbox.adminUsername}:${sandbox.adminPassword}`).toString('base64')}`
  for (const { headers } of seen) {
    assert.equal(headers['x-xsrf-header'], 'PingFederate')
    assert.equal(headers.authorization, expected)
    assert.equal(headers.accept, 'application/json')
  }
  assert.deepEqual(
    seen.map(({ headers }) => headers['content-type']),
    [undefined, 'application/json', 'application/json', undefined],
  )
})

test('a user name and password of any characters arrive as UTF-8 (RFC 7617)', async t => {
  const adminPassword = 'pä$$:wörd €'
  const { transport } = await startUpstream(t, { sandbox: { adminUsername: 'Jürgen', adminPassword } })
  assert.equal((await transport.call(version)).status, 200)
})

test('an admin URL with a path below a proxy keeps it', async t => {
  const { sandbox } = await startUpstream(t)
  const paths: (string | undefined)[] = []
  const url = await serve(t, (request, response) => {
    paths.push(request.url)
    response.writeHead(204).end()
  })
  for (const adminUrl of [`${url}/ping`, `${url}/ping/`])
    await connect(t, { ...basicConfig(sandbox), adminUrl }).call(version)
  assert.deepEqual(paths, Array(2).fill('/ping/pf-admin-api/v1/version'))
})

test('404 and what can be read of 2xx are answers; a success that nobody can read is none', async t => {
  const { sandbox, transport } = await startUpstream(t)
  const { faults } = sandbox.pingFederate
  const named =
    (code: number) =>
    (name: string): [OddAnswer, unknown] => [
      oddAnswers[name]?.answer ?? assert.fail(name),
      { status: code, body: undefined },
    ]
  const answers: [OddAnswer, unknown][] = [
    [status(200, {}, { version: '1' }), { status: 200, body: { version: '1' } }],
    [status(204), { status: 204, body: undefined }],
    ...['404 with nothing', '404 with a page'].map(named(404)),
    ...['nothing at all'].map(named(200)),
    [
      status(200, { 'content-encoding': Array(5000).fill('gzip').join(',').slice(0, 8000) }, '{}'),
      { status: 200, body: {} },
    ],
  ]
  for (const [answer, expected] of answers) {
    faults.next({ fault: { answer } })
    assert.deepEqual(await transport.call(version), expected)
  }
  const unreadable = [
    ...['a sign-on page', 'cut JSON'].map(name => oddAnswers[name]?.answer ?? assert.fail(name)),
    // Nothing asks for compression, so it is not undone.
    status(200, { 'content-encoding': 'gzip' }, gzipSync('{"version":"1"}')),
  ]
  for (const answer of unreadable) {
    faults.next({ fault: { answer } })
    assert.equal((await failureOf(transport.call(version))).kind, 'unexpected')
  }
})

test('every other status is a failure of a kind that tells whether a write is left open', async t => {
  const { sandbox, transport } = await startUpstream(t)
  for (const [what, { answer, kind, isAmbiguous }] of Object.entries(oddAnswers)) {
    const code = statusOf(answer)
    if (code === undefined || code < 300 || code === 404) continue
    sandbox.pingFederate.faults.next({ fault: { answer } })
    const failure = await failureOf(transport.call(write))
    assert.deepEqual([failure.kind, failure.status, failure.isAmbiguous], [kind, code, isAmbiguous], what)
    if (kind !== 'invalid') assert.deepEqual(failure.fieldErrors, [])
  }
})

test('401 and 403 are not tried again with the same password', async t => {
  const { sandbox, transport, exchanges } = await startUpstream(t)
  const { remove } = sandbox.pingFederate.faults.always({ fault: { answer: status(401) } })
  await failureOf(transport.call(version))
  assert.equal(exchanges.length, 1)
  remove()
  assert.equal((await transport.call(version)).status, 200)
})

test('a Retry-After comes with the failure of 429 and 503, and nonsense does not', async t => {
  const { sandbox, transport } = await startUpstream(t)
  for (const code of [429, 503])
    for (const [value, seconds] of [
      ['7', 7],
      ['soon', undefined],
    ] as const) {
      sandbox.pingFederate.faults.next({ fault: { answer: status(code, { 'retry-after': value }) } })
      assert.equal((await failureOf(transport.call(version))).retryAfterSeconds, seconds, value)
    }
})

for (const code of [301, 302, 307, 308]) {
  test(`${code} is not followed, and nothing is sent where it points`, async t => {
    const { sandbox, pingFederate } = await startUpstream(t)
    let strayed = 0
    const location = await serve(t, (_request, response) => {
      strayed += 1
      response.end('{}')
    })
    sandbox.pingFederate.faults.always({ fault: { answer: status(code, { location: `${location}/x` }) } })
    assert.equal((await failureOf(pingFederate.findClient('pa_wam'))).kind, 'unexpected')
    const creating = pingFederate.createClient(newClient(), clientSecret, operationId)
    assert.equal((await failureOf(creating)).kind, 'unexpected')
    assert.equal(strayed, 0)
  })
}

test('a reset is `broken`: nobody knows what PingFederate has done', async t => {
  const failure = await failWith(t, { kind: 'drop' })
  assert.deepEqual([failure.kind, failure.isAmbiguous], ['broken', true])
})

test('an answer that drips ends at the deadline of the whole call', async t => {
  // It is complete in a second and a half, each byte in good time: a deadline for each would let it be an answer.
  const failure = await failWith(t, { kind: 'drip', intervalMs: 50 }, 300)
  assert.deepEqual([failure.kind, failure.isAmbiguous], ['timeout', true])
})

test('silence ends at the deadline', async t => {
  const { sandbox, transport } = await startUpstream(t, { config: { timeoutMs: 150 } })
  sandbox.pingFederate.faults.next({ fault: { answerAfter: new Promise(() => undefined) } })
  assert.equal((await failureOf(transport.call(version))).kind, 'timeout')
})

test('an answer is cut at 1 MiB, whatever its length, and the rest is not taken', async t => {
  const { sandbox } = await startUpstream(t)
  const closed = Promise.withResolvers<number>()
  const adminUrl = await serve(t, (_request, response) => {
    const { socket } = response
    response.once('close', () => closed.resolve(socket?.bytesWritten ?? Number.NaN))
    const fill = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    fill()
    response.on('drain', fill)
  })
  assert.equal(
    (await failureOf(connect(t, { ...basicConfig(sandbox), adminUrl }).call(version))).kind,
    'broken',
  )
  // Beyond the limit there is only what the buffers of two sockets have taken.
  assert.ok((await closed.promise) < 20 * 1024 * 1024)
})

test('an answer just below the limit is read', async t => {
  const { sandbox, transport } = await startUpstream(t)
  sandbox.pingFederate.faults.next({ fault: { answer: { kind: 'huge', bytes: 1_000_000 } } })
  const { body } = await transport.call(version)
  assert.equal((body as { name: string }).name.length, 1_000_000)
})

test('header fields without end are `broken`', async t => {
  const { sandbox } = await startUpstream(t)
  const adminUrl = await serve(t, (_request, response) => {
    response.socket?.end(`HTTP/1.1 200 OK\r\nx-filler: ${'x'.repeat(1_000_000)}\r\n\r\n`)
  })
  const { call } = connect(t, { ...basicConfig(sandbox), adminUrl })
  assert.equal((await failureOf(call(version))).kind, 'broken')
})

test('a kept-alive connection that PingFederate has closed meanwhile is not used again', async t => {
  const { sandbox, transport } = await startUpstream(t)
  sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'close' } } })
  for (let round = 0; round < 5; round += 1) assert.equal((await transport.call(version)).status, 200)
})

test('no failure carries the secret, the password or a header, however it is shown', async t => {
  const { sandbox, transport } = await startUpstream(t)
  const body = { clientAuth: { secret: clientSecret.reveal() } }
  for (const { answer } of Object.values(oddAnswers)) {
    sandbox.pingFederate.faults.next({ match: post, fault: { answer } })
    const shown = await transport.call({ ...post, body }).then(JSON.stringify, error => {
      const { stack, cause } = error as Error
      return JSON.stringify([error, stack, cause, String(cause)])
    })
    assert.ok(!shown.includes(clientSecret.reveal()) && !shown.includes(sandbox.adminPassword))
    assert.ok(!shown.includes('Basic '))
  }
})

test('close ends what is under way, and nothing can be called afterwards', async t => {
  const { sandbox, transport } = await startUpstream(t)
  const { struck } = sandbox.pingFederate.faults.next({
    fault: { answerAfter: once(new EventTarget(), 'never') },
  })
  const waiting = failureOf(transport.call(version))
  await struck
  await transport.close()
  assert.equal((await waiting).kind, 'broken')
  assert.equal(
    await failureOf(createPingFederate(transport).getVersion()).then(({ name }) => name),
    'PingFederateFailure',
  )
})
