import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { AuthorizationAnswer } from '../../src/pingfederate/runtime.ts'
import { createIsLiveAtNodes } from '../../src/web-sessions/is-live-at-nodes.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { startTestService, type TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { update } from '../web-session-clients/updates.ts'

const create = ({ call }: TestService, wait: number) =>
  call('POST', '/web-session-clients', { body: smallest, headers: { prefer: `wait=${wait}` } })

/** Nobody but the nodes knows of replication. */
const unreported = { PINGFEDERATE_REPLICATION: 'none' }

const found = (request: IncomingMessage, response: ServerResponse) => {
  const asked = new URL(request.url ?? '', 'http://node').searchParams
  const answer = new URLSearchParams({ error: 'login_required', state: asked.get('state') ?? '' })
  response.writeHead(302, { location: `${asked.get('redirect_uri')}?${answer}` }).end()
}
const page = (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(400).end('<html>')

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** A runtime node that answers logins as the test says, and how often it was asked for one. */
const startNode = async (t: TestContext, answer: Listener) => {
  const node = { url: '', asked: 0, answer }
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/as/') !== true) return void response.writeHead(404).end()
    node.asked += 1
    node.answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  node.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return node
}

const startWith = (t: TestContext, ...urls: string[]) =>
  startTestService(t, { env: { ...unreported, PINGFEDERATE_RUNTIME_URLS: urls.join(',') } })

test('201 ready only once a node has the client that said first it did not', async t => {
  const node = await startNode(t, (...exchange) => {
    page(...exchange)
    node.answer = found
  })
  const service = await startWith(t, node.url)
  assert.deepEqual([(await create(service, 20)).body.status, node.asked], ['ready', 2])
})

test('201 replicating where a node has not taken it in time, and ready at once without the preference', async t => {
  const service = await startTestService(t, { sandbox: { cluster: 'clustered' }, env: unreported })
  const [, second] = service.sandbox.pingFederate.settings.engines
  second.ends = 'RETRIEVING'
  assert.equal((await create(service, 1)).body.status, 'replicating')
  await callAdminApi(service.sandbox, 'POST', '/cluster/replicate')
  const prefer = { headers: { prefer: 'wait=1' } }
  const without = await update(service, { name: 'Shop' })
  assert.deepEqual([without.body.status, without.headers.get('preference-applied')], ['ready', null])
  // The first node has it by now.
  assert.equal((await update(service, { name: 'Store' }, prefer)).body.status, 'replicating')
  second.ends = 'SUCCEEDED'
  assert.equal((await update(service, { name: 'Shop' }, prefer)).body.status, 'ready')
})

test('201 ready with nodes that are down, hang or are proxies: they are waited for, and not held against it', async t => {
  const hanging = await startNode(t, () => undefined)
  const proxy = await startNode(t, (_request, response) =>
    response.writeHead(302, { location: 'https://sso.example.com/' }).end(),
  )
  const service = await startWith(t, 'http://127.0.0.1:1', hanging.url, proxy.url)
  const before = performance.now()
  assert.equal((await create(service, 1)).body.status, 'ready')
  const seconds = (performance.now() - before) / 1_000
  assert.ok(seconds >= 0.9 && seconds < 5, `${seconds}`)
  assert.ok(hanging.asked > 0)
})

test('200 disabled at once: a client that is switched off is no node’s affair', async t => {
  const node = await startNode(t, page)
  const service = await startWith(t, node.url)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const off = await update(service, { enabled: false }, { headers: { prefer: 'wait=20' } })
  assert.deepEqual([off.body.status, node.asked], ['disabled', 0])
})

test('a service that stops answers whoever waits for a node, as it stands', async t => {
  const asked = Promise.withResolvers<void>()
  const hanging = await startNode(t, () => asked.resolve())
  const service = await startWith(t, hanging.url)
  const creating = create(service, 30)
  await asked.promise
  await service.stop()
  assert.equal((await creating).body.status, 'ready')
})

const known: AuthorizationAnswer = { kind: 'known' }
const words: [string, AuthorizationAnswer[], string][] = [
  ['all know it', [known, known], 'yes'],
  ['one does not', [known, { kind: 'page' }], 'no'],
  ['one does not, and another is down', [toDown(), { kind: 'page' }], 'no'],
  ['one is down', [known, toDown()], 'unknown'],
  ['one refuses a scope', [{ kind: 'refused', error: 'invalid_scope' }, known], 'unknown'],
]

function toDown(): AuthorizationAnswer {
  return { kind: 'unreachable', reason: 'timeout', code: undefined }
}

const redirectUri = 'https://mypingaccessserver:3000/pa/oidc/cb'

/** A client of which only these count. */
const clientOf = (redirectUris: string[]) =>
  ({ clientId: 'pa_wam', settings: { redirectUris, otherRedirectUris: [], scopes: null } }) as never

/** The word on a client where the nodes answer so. */
const ask = (answers: AuthorizationAnswer[], redirectUris = [redirectUri]) => {
  const left = [...answers]
  const isLive = createIsLiveAtNodes({
    runtime: {
      urls: answers.map((_, index) => `http://node-${index}`),
      ask: async () => left.shift() ?? known,
    },
    randomBytes: size => Buffer.alloc(size),
  })
  return isLive?.(clientOf(redirectUris), AbortSignal.timeout(60_000))
}

test('a page of any node is a no, everything else but all who know it is no word', async () => {
  for (const [what, answers, word] of words) assert.equal(await ask(answers), word, what)
})

test('without a node, or without a redirect URI of PingAccess, nobody is asked', async () => {
  assert.equal(ask([]), undefined)
  assert.equal(await ask([{ kind: 'page' }], []), 'yes')
})
