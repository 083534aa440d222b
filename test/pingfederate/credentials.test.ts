import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { listen } from '../../src/sandbox/listen.ts'
import { sendOdd } from '../../src/sandbox/pingfederate/send.ts'
import { Secret } from '../../src/secret.ts'
import { userAgent } from '../../src/version.ts'
import { filterOddAnswers, isOddForClientsOnly, type Odd, statusOf } from './odd-answers.ts'
import { asAnswered, startUpstream, type Upstream } from './upstream.ts'

const version = asAnswered({ method: 'GET', path: '/version' })
const refused = { answer: { kind: 'status', status: 401 } } as const

type Answer = (response: ServerResponse, token: () => Promise<string>, signal: AbortSignal) => unknown

const json = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const valid: Answer = async (response, token) =>
  json(response, { access_token: await token(), token_type: 'Bearer', expires_in: 600 })

type OAuthUpstream = Upstream & {
  /** What the token endpoint was asked. */
  tokenRequests: { headers: IncomingMessage['headers']; body: string }[]
  /** What it answers from now on. */
  answerWith: (answer: Answer) => void
  closeTokenEndpoint: () => PromiseLike<void>
  clock: { now: number }
}

/** A PingFederate whose admin API takes tokens, and a token endpoint that does what a test wants. */
const start = async (t: TestContext, timeoutMs = 2_000): Promise<OAuthUpstream> => {
  const tokenRequests: OAuthUpstream['tokenRequests'] = []
  let answer = valid
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    tokenRequests.push({ headers: request.headers, body })
    const token = () => upstream.sandbox.accessToken({ service: 'pingfederate-admin-api' })
    await answer(response, token, t.signal)
  })
  const listening = await listen(server, 0, '127.0.0.1')
  t.after(() => listening[Symbol.asyncDispose]())
  const clock = { now: Date.now() }
  const credentials = {
    kind: 'oauth',
    tokenUrl: `http://127.0.0.1:${listening.port}/as/token.oauth2`,
    clientId: 'admin client',
    clientSecret: new Secret('s:e/c+ret%'),
    scope: 'pf-admin more',
  } as const
  const upstream = await startUpstream(t, { config: { credentials, timeoutMs }, now: () => clock.now })
  const answerWith = (next: Answer) => {
    answer = next
  }
  return {
    ...upstream,
    tokenRequests,
    answerWith,
    closeTokenEndpoint: () => listening[Symbol.asyncDispose](),
    clock,
  }
}

const read = async ({ transport }: Upstream): Promise<number> => (await transport.call(version)).status

const failureOf = (call: Promise<unknown>): Promise<PingFederateFailure> =>
  call.then(
    () => assert.fail('succeeded'),
    failure => failure,
  )

test('one token for twenty calls at once and for those after them', async t => {
  const upstream = await start(t)
  await Promise.all(Array.from({ length: 20 }, () => read(upstream)))
  await read(upstream)
  assert.equal(upstream.tokenRequests.length, 1)
  assert.equal(upstream.exchanges.length, 21)
})

test('the token is asked for with form-encoded Basic credentials (RFC 6749 section 2.3.1), grant and scope, by this service’s name', async t => {
  const upstream = await start(t)
  await read(upstream)
  const [{ headers, body } = assert.fail()] = upstream.tokenRequests
  const encoded = Buffer.from('admin+client:s%3Ae%2Fc%2Bret%25').toString('base64')
  assert.equal(headers.authorization, `Basic ${encoded}`)
  assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(body, 'grant_type=client_credentials&scope=pf-admin+more')
  assert.equal(headers['user-agent'], userAgent)
})

test('a token is renewed half a minute before its end, not earlier', async t => {
  const upstream = await start(t)
  await read(upstream)
  upstream.clock.now += 569_000
  await read(upstream)
  assert.equal(upstream.tokenRequests.length, 1)
  upstream.clock.now += 2_000
  await read(upstream)
  assert.equal(upstream.tokenRequests.length, 2)
})

for (const [expiresIn, usableSeconds] of [
  [40, 20],
  [undefined, 270],
  ['3600', 270],
  [-1, 270],
] as const) {
  test(`a token with expires_in ${expiresIn} is used for ${usableSeconds} s`, async t => {
    const upstream = await start(t)
    upstream.answerWith(async (response, token) =>
      json(response, { access_token: await token(), expires_in: expiresIn }),
    )
    await read(upstream)
    upstream.clock.now += (usableSeconds - 1) * 1000
    await read(upstream)
    assert.equal(upstream.tokenRequests.length, 1)
    upstream.clock.now += 1_000
    await read(upstream)
    assert.equal(upstream.tokenRequests.length, 2)
  })
}

test('a token that is refused early is renewed once and the call repeated once', async t => {
  const upstream = await start(t)
  await read(upstream)
  upstream.sandbox.pingFederate.faults.next({ fault: refused })
  assert.equal(await read(upstream), 200)
  assert.equal(upstream.tokenRequests.length, 2)
  assert.deepEqual(
    upstream.exchanges.map(({ status }) => status),
    [200, 401, 200],
  )
})

test('ten calls whose token is refused at once share one renewal, and all succeed', async t => {
  const upstream = await start(t)
  await read(upstream)
  const { promise: allArrived, resolve: answerAll } = Promise.withResolvers<void>()
  const fault = { ...refused, answerAfter: allArrived }
  const { faults } = upstream.sandbox.pingFederate
  const arrivals = Array.from({ length: 10 }, () => faults.next({ fault }).struck)
  const calls = Promise.all(arrivals.map(() => read(upstream)))
  await Promise.all(arrivals)
  answerAll()
  assert.deepEqual(await calls, Array(10).fill(200))
  assert.equal(upstream.tokenRequests.length, 2)
})

test('when fresh tokens are refused as well, there is one renewal a second and no storm', async t => {
  const upstream = await start(t)
  const { remove } = upstream.sandbox.pingFederate.faults.always({ fault: refused })
  for (let call = 0; call < 5; call += 1) {
    const { kind, status } = await failureOf(read(upstream))
    assert.deepEqual([kind, status], ['credentials', 401])
  }
  assert.equal(upstream.tokenRequests.length, 2)
  // The first call is repeated with the fresh token, the others are not.
  assert.equal(upstream.exchanges.length, 6)
  upstream.clock.now += 1_001
  await failureOf(read(upstream))
  assert.equal(upstream.tokenRequests.length, 3)
  remove()
  assert.equal(await read(upstream), 200)
})

const isRefusal = ({ answer }: Odd): boolean => [400, 401, 403].includes(statusOf(answer) ?? 200)

/** As odd as PingFederate may be, but for what is a refusal here, too, and what has a token all the same. */
const unusable: [string, Answer][] = [
  ...filterOddAnswers(odd => !isRefusal(odd) && !isOddForClientsOnly(odd)).map(
    ([what, { answer }]): [string, Answer] => [
      what,
      async (response, token, signal) =>
        sendOdd(response, answer, { status: 200, body: { access_token: await token() } }, signal),
    ],
  ),
  ['null', response => json(response, null)],
  ['a token that is no text', response => json(response, { access_token: 1 })],
  ['a token with a line break', response => json(response, { access_token: 'a\r\nx-injected: 1' })],
  ['a token of another type', response => json(response, { access_token: 'a', token_type: 'mac' })],
]
test('whatever is wrong at the token endpoint, the call was not made, is not left open, and is tried anew next time', async t => {
  const upstream = await start(t)
  for (const [what, answer] of unusable) {
    upstream.answerWith(answer)
    const { isSent, isAmbiguous } = await failureOf(read(upstream))
    assert.deepEqual([isSent, isAmbiguous], [false, false], what)
  }
  assert.deepEqual(upstream.exchanges, [])
  upstream.answerWith(valid)
  assert.equal(await read(upstream), 200)
})

test('a token endpoint that is silent or drips ends at the deadline, and the call was not made', async t => {
  const upstream = await start(t, 200)
  const drip: Answer = response => {
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  }
  for (const answer of [() => undefined, drip]) {
    upstream.answerWith(answer)
    const { kind, isAmbiguous } = await failureOf(read(upstream))
    assert.deepEqual([kind, isAmbiguous], ['timeout', false])
  }
  assert.deepEqual(upstream.exchanges, [])
})

test('a token endpoint that is down is `unreachable`', async t => {
  const upstream = await start(t)
  await upstream.closeTokenEndpoint()
  assert.equal((await failureOf(read(upstream))).kind, 'unreachable')
})

test('a huge answer of the token endpoint is cut', async t => {
  const upstream = await start(t)
  upstream.answerWith(response => {
    const fill = (): void => {
      if (!response.destroyed && response.write('x'.repeat(65_536))) setImmediate(fill)
      else response.once('drain', fill)
    }
    fill()
  })
  const { kind, isAmbiguous } = await failureOf(read(upstream))
  assert.deepEqual([kind, isAmbiguous], ['broken', false])
})

const spring = (status: number, error: string) => ({ timestamp: 0, status, error, path: '/as/token.oauth2' })

test('67: a failure, a page or a call for patience at the token endpoint refuses no credentials, in whatever words', async t => {
  const upstream = await start(t)
  for (const [status, body, kind] of [
    [400, spring(400, 'Bad Request'), 'unexpected'],
    [403, spring(403, 'Forbidden'), 'unexpected'],
    [404, { error: 'not_found' }, 'unexpected'],
    [500, { error: 'server_error' }, 'server-error'],
    [502, spring(502, 'Bad Gateway'), 'server-error'],
    [503, { error: 'temporarily_unavailable' }, 'server-error'],
    [504, { error: 'gateway_timeout' }, 'timeout'],
    [429, { error: 'slow_down' }, 'busy'],
  ] as const) {
    upstream.answerWith(response => json(response, body, status))
    assert.equal((await failureOf(read(upstream))).kind, kind, `${status}`)
  }
})

test('17: a Retry-After of the token endpoint comes with the failure', async t => {
  const upstream = await start(t)
  upstream.answerWith(response => void response.writeHead(429, { 'retry-after': '7' }).end())
  assert.equal((await failureOf(read(upstream))).retryAfterSeconds, 7)
})

for (const status of [400, 401, 403]) {
  test(`\`credentials\` when the token endpoint says ${status}`, async t => {
    const upstream = await start(t)
    upstream.answerWith(response => json(response, { error: 'invalid_client' }, status))
    const failure = await failureOf(read(upstream))
    assert.deepEqual([failure.kind, failure.isAmbiguous], ['credentials', false])
    assert.equal(failure.reason, 'invalid_client')
    assert.deepEqual(upstream.exchanges, [])
  })
}

test('a token of the sandbox’s own issuer opens its admin API', async t => {
  const upstream = await startUpstream(t)
  const { clientId, clientSecret } = upstream.sandbox.services['pingfederate-admin-api']
  const tokenUrl = `${upstream.sandbox.issuer}/token`
  const credentials = {
    kind: 'oauth',
    tokenUrl,
    clientId,
    clientSecret: new Secret(clientSecret),
    scope: 'pingfederate:admin',
  } as const
  const withToken = await startUpstream(t, { config: { adminUrl: upstream.sandbox.adminUrl, credentials } })
  assert.equal(await read(withToken), 200)
})
