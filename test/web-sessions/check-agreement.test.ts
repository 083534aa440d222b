import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { logTexts } from '../../src/log.ts'
import { listen } from '../../src/sandbox/listen.ts'
import type { LiveAgreement } from '../../src/web-sessions/live-agreement-schema.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { client, installOn, recipe, secret } from '../sandbox/pingaccess/installed.ts'
import { disagree, rows } from '../sandbox/pingaccess/rows.ts'
import { type ServiceWithPingAccess, startWithPingAccess } from '../sandbox/pingaccess/started.ts'
import { recordCalls, smallest } from '../web-session-clients/requests.ts'

const path = '/web-session-clients/pa_wam/web-session'

/** The service with one client, and a PingAccess that trusts PingFederate. */
const start = async (t: TestContext, others = {}, env: Record<string, string> = {}) => {
  const service = await startWithPingAccess(t, { env })
  const created = await service.call('POST', '/web-session-clients', { body: { ...smallest, ...others } })
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return { service, installed: await installOn(service.sandbox, service.pingAccess) }
}

const readLive = async ({ call }: Pick<ServiceWithPingAccess, 'call'>): Promise<LiveAgreement> => {
  const { status, body } = await call('GET', path)
  assert.equal(status, 200, JSON.stringify(body))
  return body.live
}

const findDisagreeing = ({ agreement }: LiveAgreement) => agreement.filter(({ agrees }) => agrees === false)

test('200 with every row agreeing where both are set up as the recipe says', async t => {
  const { service, installed } = await start(t)
  await disagree(installed, {})
  const { state, reason, webSessions, agreement } = await readLive(service)
  assert.deepEqual([state, reason], ['read', null])
  const applications = [{ id: 1, name: 'pa_wam/', contextRoot: '/' }]
  assert.deepEqual(webSessions, [{ id: 1, name: 'pa_wam', applications }])
  for (const { row, agrees, fix } of agreement) assert.deepEqual([agrees, fix], [true, null], row)
  const attributes = agreement.find(({ row }) => row === 'identity_mappings')
  assert.deepEqual(attributes?.inPingAccess, ['sub', 'name', 'email'])
})

for (const { row, told, fix, page: _page, ...pair } of rows)
  test(`200 ${told.length === 0 ? 'without a word of' : 'with what to do where client and web session disagree in'} ${row}`, async t => {
    const { service, installed } = await start(t)
    await disagree(installed, pair)
    const live = await readLive(service)
    const disagreeing = findDisagreeing(live)
    assert.deepEqual(
      disagreeing.map(({ row }) => row).toSorted(),
      told.toSorted(),
      JSON.stringify(disagreeing, null, 2),
    )
    if (fix) assert.match(disagreeing.find(({ row }) => row === told[0])?.fix ?? '', fix)
  })

test('200 agreeing where an administrator has required or granted more, and the web session has it, too', async t => {
  const { service, installed } = await start(t)
  await disagree(installed, {
    client: {
      requirePushedAuthorizationRequests: true,
      requireProofKeyForCodeExchange: true,
      oidcPolicy: { grantAccessSessionRevocationApi: true },
    },
    webSession: { enablePushAuthorization: true, validateSessionIsAlive: true },
  })
  assert.deepEqual(findDisagreeing(await readLive(service)), [])
})

test('200 naming what an administrator has changed in PingFederate: approval page, grant, client gone', async t => {
  const { service, installed } = await start(t)
  await disagree(installed, { client: { bypassApprovalPage: false, grantTypes: ['CLIENT_CREDENTIALS'] } })
  const disagreeing = findDisagreeing(await readLive(service))
  assert.deepEqual(
    disagreeing.map(({ row }) => row),
    ['approval_page', 'login_type'],
  )
  for (const { fix } of disagreeing) assert.match(fix ?? '', /reconciliations with {"direction": "reapply"}/)
  await callAdminApi(service.sandbox, 'DELETE', '/oauth/clients/pa_wam')
  const { state, webSessions, agreement } = await readLive(service)
  assert.deepEqual([state, webSessions.length, agreement], ['no_client', 1, []])
})

test('200 naming what is wrong for the installation: single logout, issuer', async t => {
  const { service, installed } = await start(t, { logout: 'pingaccess' })
  const runtime = { issuer: 'https://another.example.com', useSlo: false }
  await installed.administrator.send('PUT', '/pingfederate/runtime', runtime)
  const { state, agreement } = await readLive(service)
  assert.equal(state, 'no_web_session')
  const ofInstallation = agreement.filter(({ row }) => ['single_logout', 'issuer'].includes(row))
  assert.deepEqual(
    ofInstallation.map(({ row, webSession, inPingFederate, inPingAccess, agrees }) => ({
      ...{ row, webSession, inPingFederate, inPingAccess, agrees },
    })),
    [
      {
        ...{ row: 'issuer', webSession: null, agrees: false },
        ...{ inPingFederate: service.pingAccess.issuer, inPingAccess: 'https://another.example.com' },
      },
      {
        ...{ row: 'single_logout', webSession: null, agrees: false },
        ...{ inPingFederate: 'pingaccess', inPingAccess: false },
      },
    ],
  )
  for (const { fix } of ofInstallation) assert.match(fix ?? '', /PUT \/pingfederate\/runtime/)
})

test('200 no_web_session with the step to add one', async t => {
  const { service } = await start(t)
  const { state, webSessions, agreement } = await readLive(service)
  assert.deepEqual([state, webSessions], ['no_web_session', []])
  assert.match(agreement.find(({ row }) => row === 'client_id')?.fix ?? '', /POST \/webSessions/)
})

test('200 comparing each web session that has the client id, whatever its name', async t => {
  const { service, installed } = await start(t)
  const { administrator } = installed
  await disagree(installed, {})
  const another = {
    ...recipe.webSession,
    name: 'another',
    audience: 'another',
    enablePushAuthorization: true,
  }
  const credentials = { clientId: 'pa_wam', clientSecret: { value: secret }, credentialsType: 'SECRET' }
  await administrator.send('POST', '/webSessions', { ...another, clientCredentials: credentials, scopes: [] })
  const foreign = { ...another, name: 'foreign', audience: 'foreign', scopes: ['phone'] }
  await administrator.send('POST', '/webSessions', {
    ...foreign,
    clientCredentials: { ...credentials, clientId: 'x' },
  })
  await installed.save({ ...client, restrictScopes: true, restrictedScopes: ['openid'] })
  const live = await readLive(service)
  assert.deepEqual(
    live.webSessions.map(({ id, name, applications }) => [id, name, applications.length]),
    [
      [1, 'pa_wam', 1],
      [2, 'another', 0],
    ],
  )
  const scopes = live.agreement.filter(({ row }) => row === 'scopes')
  assert.deepEqual(
    scopes.map(({ webSession, agrees }) => [webSession, agrees]),
    [
      [1, false],
      [2, true],
    ],
  )
})

test('200 having asked each server once, only to read, and with no secret in the answer', async t => {
  const { service, installed } = await start(t)
  await disagree(installed, {})
  const stored = await installed.administrator.send('GET', '/webSessions/1')
  assert.match(JSON.stringify(stored), /"encryptedValue":"OBF/)
  const asked: string[] = []
  service.pingAccess.onExchange(({ method, path }) => void asked.push(`${method} ${path}`))
  const calls = recordCalls(service.sandbox)
  const { body } = await service.call('GET', path)
  assert.deepEqual(asked.toSorted(), [
    'GET /applications',
    'GET /applications/reserved',
    'GET /identityMappings',
    'GET /pingfederate/runtime',
    'GET /virtualhosts',
    'GET /webSessions',
  ])
  assert.deepEqual(calls.map(({ method, path }) => `${method} ${path}`).toSorted(), [
    'GET /oauth/clients/pa_wam',
    'GET /oauth/openIdConnect/policies',
    'GET /oauth/openIdConnect/settings',
  ])
  const text = JSON.stringify(body)
  for (const kept of [secret, 'OBF:', 'encrypted', service.pingAccess.adminPassword])
    assert.ok(!text.includes(kept), kept)
})

test('404 for another team, and PingAccess is not asked for it', async t => {
  const { service } = await start(t)
  const asked: string[] = []
  service.pingAccess.onExchange(({ path }) => void asked.push(path))
  const { status, body } = await service.call('GET', path, { as: 'shop-pipeline' })
  assert.deepEqual([status, body.code, asked], [404, 'client_not_found', []])
})

/** Something that answers in the place of PingAccess. */
const startInPlace = async (t: TestContext, answer: RequestListener): Promise<string> => {
  const server = await listen(createServer(answer), 0, '127.0.0.1')
  t.after(() => server[Symbol.asyncDispose]())
  return `http://127.0.0.1:${server.port}`
}

const refusal = JSON.stringify({ flash: ['The credentials are not recognized.'], form: {} })
const failing: [what: string, code: string, answer: RequestListener][] = [
  ['refuses the account', 'pingaccess_credentials_refused', (_, reply) => reply.writeHead(401).end(refusal)],
  ['forbids it', 'pingaccess_forbidden', (_, reply) => reply.writeHead(403).end(refusal)],
  ['fails', 'pingaccess_error', (_, reply) => reply.writeHead(500).end('{')],
  ['answers garbage', 'pingaccess_invalid_response', (_, reply) => reply.end('<html>Sign in</html>')],
  ['answers something else', 'pingaccess_invalid_response', (_, reply) => reply.end('{"items":7}')],
  ['hangs up', 'pingaccess_error', (request, _) => request.socket.destroy()],
  ['does not answer in time', 'pingaccess_timeout', () => undefined],
]
for (const [what, code, answer] of failing)
  test(`200 not_readable with ${code} where PingAccess ${what}, and one line in the log`, async t => {
    const { service } = await start(
      t,
      {},
      {
        PINGACCESS_ADMIN_URL: await startInPlace(t, answer),
        PINGACCESS_TIMEOUT_MS: code === 'pingaccess_timeout' ? '1000' : '10000',
      },
    )
    const { status, body } = await service.call('GET', path)
    assert.equal(status, 200)
    assert.deepEqual(body.live, { state: 'not_readable', reason: code, webSessions: [], agreement: [] })
    assert.ok(body.agreement.length > 0)
    const lines = service.logLines.filter(line => line.includes(logTexts.agreementUnread))
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /"level":"warn".*"type":"PingAccessFailure".*"message":"PingAccess: /)
  })

test('200 not_readable where nobody listens for PingAccess', async t => {
  const { service } = await start(t, {}, { PINGACCESS_ADMIN_URL: 'http://127.0.0.1:1' })
  assert.equal((await readLive(service)).reason, 'pingaccess_unreachable')
})

test('200 not_readable where PingFederate cannot be read', async t => {
  const { service } = await start(t)
  service.sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'drop' } } })
  const { state, reason } = await readLive(service)
  assert.deepEqual([state, reason], ['not_readable', 'pingfederate_error'])
})

test('200 with everything but the issuer where no runtime node says who that is', async t => {
  const { service, installed } = await start(t, {}, { PINGFEDERATE_RUNTIME_URLS: 'http://127.0.0.1:1' })
  await disagree(installed, {})
  const { state, agreement } = await readLive(service)
  const issuer = agreement.find(({ row }) => row === 'issuer')
  assert.deepEqual([state, issuer?.agrees, issuer?.inPingFederate], ['read', null, null])
  assert.match(issuer?.fix ?? '', /GET \/token-provider/)
})

test('200 not_readable with pingfederate_busy for comparisons beyond those at work and those that wait', async t => {
  const { promise: open, resolve: answer } = Promise.withResolvers<void>()
  const adminUrl = await startInPlace(t, (_, reply) => void open.then(() => reply.writeHead(500).end('{}')))
  const { service } = await start(t, {}, { PINGACCESS_ADMIN_URL: adminUrl, PINGACCESS_TIMEOUT_MS: '60000' })
  const reads = Array.from({ length: 21 }, () => readLive(service))
  assert.equal((await Promise.race(reads)).reason, 'pingfederate_busy')
  answer()
  await Promise.all(reads)
})
