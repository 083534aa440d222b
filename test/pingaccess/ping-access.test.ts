import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { PingAccess } from '../../src/pingaccess/ping-access.ts'
import type { Exchange } from '../../src/sandbox/exchange.ts'
import { listen } from '../../src/sandbox/listen.ts'
import { install, recipe, secret } from '../sandbox/pingaccess/installed.ts'
import { startTestService } from '../service.ts'
import { connect } from './connected.ts'

/** The sandbox's PingAccess with one web session in it, and what is asked of it from then on. */
const prepare = async (t: TestContext) => {
  const { administrator, pingAccess } = await install(t)
  const webSessionId = await administrator.follow(recipe, secret)
  const exchanges: Exchange[] = []
  pingAccess.onExchange(exchange => void exchanges.push(exchange))
  return { administrator, pingAccess, webSessionId, exchanges }
}

test('web sessions, applications and what they need are read as PingAccess has them', async t => {
  const { pingAccess, webSessionId } = await prepare(t)
  const live = connect(t, pingAccess.adminUrl, pingAccess.adminPassword)
  assert.deepEqual(await live.listWebSessions(), [
    {
      ...{ id: webSessionId, name: 'pa_wam', clientId: 'pa_wam', credentialsType: 'SECRET' },
      ...{ oidcLoginType: 'Code', scopes: ['profile', 'email', 'address', 'phone'] },
      ...{ pkceChallengeType: 'SHA256', enablePushAuthorization: false, validateSessionIsAlive: false },
    },
  ])
  const [host] = await live.listVirtualHosts()
  assert.deepEqual(host, { id: host?.id, host: 'mypingaccessserver', port: 3000 })
  const [application] = await live.listApplications()
  const { contextRoot, deployReservedResources, virtualHostIds } = application ?? {}
  assert.deepEqual([contextRoot, deployReservedResources, virtualHostIds], ['/', false, [host?.id]])
  assert.equal(application?.webSessionId, webSessionId)
  assert.deepEqual(application?.identityMappingIds, [1])
  assert.deepEqual(await live.listIdentityMappings(), [
    { id: 1, name: 'sample', attributes: ['sub', 'name', 'email'] },
  ])
  assert.equal(await live.getReservedContextRoot(), '/pa')
  assert.deepEqual(await live.getTokenProvider(), { issuer: pingAccess.issuer, useSlo: true })
  assert.match(await live.getVersion(), /^7\./)
})

test('every call has PingAccess’s header, and only reads', async t => {
  const { pingAccess, exchanges } = await prepare(t)
  const live = connect(t, pingAccess.adminUrl, pingAccess.adminPassword)
  await Promise.all([live.listWebSessions(), live.listApplications(), live.getTokenProvider()])
  assert.deepEqual(
    exchanges.map(({ method, status, requestHeaders }) => [method, status, requestHeaders['x-xsrf-header']]),
    exchanges.map(() => ['GET', 200, 'PingAccess']),
  )
})

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => assert.fail('it did not fail'),
    ({ name, kind, message }) => ({ name, kind, message }),
  )

test('refused credentials are told once and then left alone', async t => {
  const { pingAccess, exchanges } = await prepare(t)
  const live = connect(t, pingAccess.adminUrl, 'wrong')
  const failure = await failureOf(live.listWebSessions())
  assert.deepEqual([failure.name, failure.kind], ['PingAccessFailure', 'credentials'])
  assert.equal((await failureOf(live.getVersion())).kind, 'credentials')
  assert.equal(exchanges.length, 1)
  assert.deepEqual(live.told, [false])
})

test('who looks in the background spends no try of refused credentials, whoever asks does once the pause is over', async t => {
  let now = 1_000_000_000
  const { pingAccess, exchanges } = await prepare(t)
  const live = connect(t, pingAccess.adminUrl, 'wrong', {}, () => now)
  await failureOf(live.sparing.getVersion())
  now += 3_600_000
  assert.equal((await failureOf(live.sparing.listWebSessions())).kind, 'credentials')
  assert.equal(exchanges.length, 1)
  await failureOf(live.getVersion())
  assert.equal(exchanges.length, 2)
})

test('a password that has changed in its file is read again within the same call', async t => {
  const { pingAccess } = await prepare(t)
  const folder = await mkdtemp(join(tmpdir(), 'pingaccess-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'password')
  await writeFile(file, pingAccess.adminPassword)
  const files = { PINGACCESS_PASSWORD_FILE: file }
  const live = connect(t, pingAccess.adminUrl, 'former', { files })
  assert.match(await live.getVersion(), /^7\./)
})

/** What else may answer at the address of PingAccess. */
const answering = async (t: TestContext, status: number, text: string): Promise<PingAccess> => {
  const server = await listen(
    createServer((_request, response) => response.writeHead(status).end(text)),
    0,
    '127.0.0.1',
  )
  t.after(() => server[Symbol.asyncDispose]())
  return connect(t, `http://127.0.0.1:${server.port}`, 'any')
}

const odd: [number, string, string][] = [
  [200, '<html>Sign in</html>', 'unexpected'],
  [200, '{}', 'unexpected'],
  [404, '{"flash":["Not found"],"form":{}}', 'unexpected'],
  [401, '<html>proxy</html>', 'unexpected'],
  [401, '{"flash":["The credentials are not recognized."],"form":{}}', 'credentials'],
  [403, '{"flash":["You may not."],"form":{}}', 'forbidden'],
  [403, '<html>firewall</html>', 'unexpected'],
  [503, 'later', 'server-error'],
]

for (const [status, text, kind] of odd)
  test(`${status} with ${text} is ${kind}, by the name of PingAccess`, async t => {
    const failure = await failureOf((await answering(t, status, text)).listWebSessions())
    assert.deepEqual([failure.name, failure.kind], ['PingAccessFailure', kind])
    assert.match(failure.message, /^PingAccess: /)
  })

test('a PingAccess that nobody can connect to is unreachable', async t => {
  const server = await listen(createServer(), 0, '127.0.0.1')
  await server[Symbol.asyncDispose]()
  const live = connect(t, `http://127.0.0.1:${server.port}`, 'any')
  assert.equal((await failureOf(live.listWebSessions())).kind, 'unreachable')
})

for (const [what, change, text] of [
  ['answers', '', 'PingAccess answers'],
  ['refuses the account', 'x', 'PingAccess could not be read'],
] as const)
  test(`the service says at its start that PingAccess ${what}`, async t => {
    const service = await startTestService(t, {
      async env(sandbox) {
        const { adminUrl, adminUsername, adminPassword } = await sandbox.startPingAccess()
        return {
          PINGACCESS_ADMIN_URL: adminUrl,
          PINGACCESS_USERNAME: adminUsername,
          PINGACCESS_PASSWORD: adminPassword + change,
        }
      },
    })
    await service.lookAround()
    const lines = service.logLines.filter(line => line.includes(`"msg":"${text}"`))
    assert.equal(lines.length, 1)
    assert.ok(!service.logLines.join().includes(service.env['PINGACCESS_PASSWORD'] ?? assert.fail()))
  })
