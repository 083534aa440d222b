import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Agent, buildConnector } from 'undici'
import { toTlsOptions } from '../../src/pingfederate/connect.ts'
import { createRuntime } from '../../src/pingfederate/runtime.ts'
import { createCertificates, type KeyPair } from './certificates.ts'

const certificates = createCertificates()
const skip = certificates ? false : 'needs the openssl command'

const authorization = {
  clientId: 'pa_wam',
  redirectUri: 'https://mypingaccessserver:3000/pa/oidc/cb',
  scopes: ['openid', 'profile'],
  state: 'a-state',
  nonce: 'a-nonce',
  codeChallenge: 'a-challenge',
}
const callback = authorization.redirectUri

/** A runtime node that answers as the test says, and what it was sent. */
const start = async (t: TestContext, answer: RequestListener, pair?: KeyPair) => {
  const requests: IncomingMessage[] = []
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request)
    answer(request, response)
  }
  const server = pair ? createTlsServer({ key: pair.key, cert: pair.cert }, listener) : createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const dispatcher = new Agent({ connect: buildConnector(toTlsOptions(certificates?.ca.cert)) })
  t.after(() => dispatcher.destroy())
  const url = `${pair ? 'https' : 'http'}://127.0.0.1:${port}`
  const { ask } = createRuntime({ urls: [url], dispatcher })
  return { requests, ask: (signal = AbortSignal.timeout(10_000)) => ask(url, authorization, signal) }
}

const redirect =
  (location: string, status = 302): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { location, 'set-cookie': 'PF=a-session' }).end('<html>')

test('the request is that of PingAccess, with no person, no cookie and no secret', async t => {
  const { requests, ask } = await start(t, redirect(`${callback}?error=login_required&state=a-state`))
  await ask()
  await ask()
  for (const { method, url = '', headers } of requests) {
    const { pathname, searchParams } = new URL(url, 'http://node')
    assert.deepEqual([method, pathname], ['GET', '/as/authorization.oauth2'])
    assert.deepEqual(Object.fromEntries(searchParams), {
      response_type: 'code',
      client_id: 'pa_wam',
      redirect_uri: callback,
      scope: 'openid profile',
      state: 'a-state',
      nonce: 'a-nonce',
      code_challenge: 'a-challenge',
      code_challenge_method: 'S256',
      prompt: 'none',
    })
    assert.deepEqual([headers.cookie, headers.authorization], [undefined, undefined])
  }
  assert.equal(requests.length, 2)
})

for (const [what, location, expected] of [
  ...['login_required', 'interaction_required', 'consent_required', 'account_selection_required'].map(
    error => [error, `${callback}?error=${error}&state=a-state&iss=x`, { kind: 'known' }] as const,
  ),
  ['a code', `${callback}?code=abc&state=a-state`, { kind: 'known' }],
  [
    'invalid_scope',
    `${callback}?error=invalid_scope&state=a-state`,
    { kind: 'refused', error: 'invalid_scope' },
  ],
  [
    'an error that could be anything',
    `${callback}?error=${'A%20b'.repeat(99)}&state=a-state`,
    { kind: 'refused', error: 'unknown' },
  ],
  [
    'two errors',
    `${callback}?error=login_required&error=invalid_scope&state=a-state`,
    { kind: 'refused', error: 'unknown' },
  ],
  ['neither an error nor a code', `${callback}?state=a-state`, { kind: 'refused', error: 'unknown' }],
  [
    'another state',
    `${callback}?error=login_required&state=b`,
    { kind: 'elsewhere', origin: new URL(callback).origin },
  ],
  ['no state', `${callback}?error=login_required`, { kind: 'elsewhere', origin: new URL(callback).origin }],
  [
    'two states',
    `${callback}?error=login_required&state=a-state&state=b`,
    { kind: 'elsewhere', origin: new URL(callback).origin },
  ],
  [
    'another path',
    `${callback}/?error=login_required&state=a-state`,
    { kind: 'elsewhere', origin: new URL(callback).origin },
  ],
  [
    'another host',
    'https://sso.example.com/login?next=x&state=a-state&error=login_required',
    { kind: 'elsewhere', origin: 'https://sso.example.com' },
  ],
  [
    'the same host in other letters',
    `${callback.replace('my', 'MY')}?error=login_required&state=a-state`,
    { kind: 'elsewhere', origin: new URL(callback).origin },
  ],
  ['a path of its own', '/login', { kind: 'elsewhere', origin: undefined }],
] as const) {
  test(`a redirect with ${what} is ${expected.kind}, and is not followed`, async t => {
    const { requests, ask } = await start(t, redirect(location))
    assert.deepEqual(await ask(), expected)
    assert.equal(requests.length, 1)
  })
}

for (const [status, expected] of [
  [200, { kind: 'page' }],
  [400, { kind: 'page' }],
  [401, { kind: 'page' }],
  [302, { kind: 'unexpected', status: 302 }],
  [404, { kind: 'unexpected', status: 404 }],
  [503, { kind: 'unexpected', status: 503 }],
] as const) {
  test(`${status} without a redirect is ${expected.kind}`, async t => {
    const { ask } = await start(t, (_request, response) => void response.writeHead(status).end('<html>'))
    assert.deepEqual(await ask(), expected)
  })
}

test('an answer whose body does not end is what its header says, and takes no longer than it has', async t => {
  const { ask } = await start(t, (_request, response) => {
    response.writeHead(302, { location: `${callback}?error=login_required&state=a-state` }).write('<')
  })
  assert.deepEqual(await ask(AbortSignal.timeout(300)), { kind: 'known' })
})

test('of a page no more is read than an error page has', async t => {
  let sent = 0
  const { ask } = await start(t, (_request, response) => {
    const write = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
    }
    response
      .writeHead(200)
      .on('drain', write)
      .on('close', () => undefined)
    write()
  })
  assert.deepEqual(await ask(), { kind: 'page' })
  assert.ok(sent < 64 * 1024 * 1024)
})

test('a node that does not answer in time, that hangs up, and that is not there is unreachable', async t => {
  const silent = await start(t, () => undefined)
  assert.deepEqual(await silent.ask(AbortSignal.timeout(200)), {
    kind: 'unreachable',
    reason: 'timeout',
    code: undefined,
  })
  const rude = await start(t, request => void request.socket.destroy())
  const answer = await rude.ask()
  assert.ok(answer.kind === 'unreachable' && answer.reason === 'unreachable')
  const { ask } = createRuntime({ urls: [], dispatcher: new Agent() })
  assert.deepEqual(await ask('http://127.0.0.1:1', authorization, AbortSignal.timeout(5_000)), {
    kind: 'unreachable',
    reason: 'unreachable',
    code: 'ECONNREFUSED',
  })
})

test('a certificate of the private CA is trusted; that of another host, or one that is over, is not', {
  skip,
}, async t => {
  const answer = redirect(`${callback}?error=login_required&state=a-state`)
  const trusted = await start(t, answer, certificates?.server)
  assert.deepEqual(await trusted.ask(), { kind: 'known' })
  for (const pair of [certificates?.otherHost, certificates?.expired]) {
    const untrusted = await start(t, answer, pair)
    const got = await untrusted.ask()
    assert.ok(got.kind === 'unreachable' && got.reason === 'tls', JSON.stringify(got))
    assert.deepEqual(untrusted.requests, [])
  }
})
