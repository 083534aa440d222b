import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { startTestService, type TestService } from '../service.ts'
import { recordCalls, writesOf } from '../web-session-clients/requests.ts'

type Line = { level: string; msg: string; code: string; reason: string; fix: string; fixedBy: string }

const linesOf = ({ logLines }: TestService, text: string): Line[] =>
  logLines.map(line => JSON.parse(line)).filter(({ msg }) => msg === text)

const warned = 'a warning about the installation'

const ready = async ({ call }: TestService) => {
  const { status, body } = await call('GET', '/health/ready', { as: null })
  assert.equal(status, 200)
  return body
}

type Warning = { code: string; detail: string; fix: string; fixedBy: string }

const codesOf = async (service: TestService): Promise<string[]> =>
  (await ready(service)).warnings.map(({ code }: Warning) => code)

/** A PingAccess beside the sandbox, in which nothing is set up, and how often it was asked. */
const startWithPingAccess = async (t: TestContext, change = '', now = Date.now) => {
  const asked: string[] = []
  const service = await startTestService(t, {
    world: { now },
    async env(sandbox) {
      const pingAccess = await sandbox.startPingAccess()
      pingAccess.onExchange(({ method, status }) => asked.push(`${method} ${status}`))
      return {
        PINGACCESS_ADMIN_URL: pingAccess.adminUrl,
        PINGACCESS_USERNAME: pingAccess.adminUsername,
        PINGACCESS_PASSWORD: pingAccess.adminPassword + change,
      }
    },
  })
  return { ...service, asked }
}

test('200 without a warning before the first look, and after it where everything is as it should be', async t => {
  const service = await startTestService(t)
  assert.deepEqual(await codesOf(service), [])
  const calls = recordCalls(service.sandbox)
  await service.lookAround()
  assert.deepEqual(await codesOf(service), [])
  assert.deepEqual([linesOf(service, warned), writesOf(calls)], [[], []])
  const metrics = await readMetrics(service)
  assert.equal(sumOf(metrics, 'web_session_clients_preflight_warnings', { code: 'scopes_unknown' }), 0)
})

test('200 ready all the same, with a warning in readiness, log and metrics while it lasts, in one line', async t => {
  const service = await startTestService(t)
  const { settings } = service.sandbox.pingFederate
  settings.defaultOidcPolicy = undefined
  await service.lookAround()
  await service.lookAround()
  const { status, warnings } = await ready(service)
  const [{ code, detail, fix, fixedBy }] = warnings
  assert.deepEqual([status, code, fixedBy], ['ready', 'no_default_oidc_policy', 'pingfederate_administrator'])
  const [line, ...others] = linesOf(service, warned)
  assert.deepEqual([line?.level, line?.code, others], ['warn', code, []])
  assert.deepEqual([line?.reason, line?.fix, line?.fixedBy], [detail, fix, fixedBy])
  const name = 'web_session_clients_preflight_warnings'
  assert.equal(sumOf(await readMetrics(service), name), 1)
  settings.defaultOidcPolicy = 'default'
  await service.lookAround()
  assert.deepEqual(await codesOf(service), [])
  assert.equal(linesOf(service, 'a warning about the installation has gone').length, 1)
  assert.equal(sumOf(await readMetrics(service), name), 0)
})

test('readiness asks nobody: what it warns of is what the last look has found', async t => {
  const service = await startTestService(t)
  await service.lookAround()
  const calls = recordCalls(service.sandbox)
  await Promise.all(Array.from({ length: 10 }, () => ready(service)))
  await service.call('GET', '/web-session-clients')
  assert.deepEqual([...new Set(calls.map(({ path }) => path))], ['/cluster/status'])
})

test('a PingAccess in which nothing is set up: its token provider is missing, and nothing is changed there', async t => {
  const service = await startWithPingAccess(t)
  await service.lookAround()
  assert.deepEqual(await codesOf(service), ['token_provider_not_set'])
  assert.deepEqual([...new Set(service.asked)], ['GET 200'])
  assert.ok(
    !JSON.stringify(await ready(service)).includes(service.env['PINGACCESS_ADMIN_URL'] ?? assert.fail()),
  )
})

test('credentials that PingAccess or PingFederate refuses are tried once, however often and late is looked', async t => {
  let now = Date.now()
  const service = await startWithPingAccess(t, 'x', () => now)
  service.sandbox.changeAdminPassword('another')
  const calls = recordCalls(service.sandbox)
  for (let look = 0; look < 3; look += 1) {
    await service.lookAround()
    now += 3_600_000
  }
  assert.deepEqual([calls.map(({ status }) => status), service.asked], [[401], ['GET 401']])
  const { warnings } = await ready(service)
  assert.deepEqual(
    warnings.map(({ code }: Warning) => code),
    ['preflight_incomplete'],
  )
  assert.match(
    warnings[0].detail,
    /\/version of PingFederate \(credentials\).*\/version of PingAccess \(credentials\)/,
  )
})

test('nodes of another installation, and one that is down, are told by their places', async t => {
  const other = await startTestService(t)
  const service = await startTestService(t, {
    env: async ({ issuer }) => ({
      PINGFEDERATE_RUNTIME_URLS: ['http://127.0.0.1:1', issuer, other.sandbox.issuer].join(','),
    }),
  })
  await service.lookAround()
  assert.deepEqual(await codesOf(service), ['runtime_nodes_unreadable', 'issuers_differ'])
  const texts = JSON.stringify((await ready(service)).warnings)
  assert.ok(!texts.includes('127.0.0.1') && texts.includes('number 1 (unreachable)'), texts)
})

test('without runtime nodes nothing is known of them, and nothing is asked', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_RUNTIME_URLS: '' } })
  await service.lookAround()
  const metrics = await readMetrics(service)
  assert.equal(
    sumOf(metrics, 'web_session_clients_preflight_warnings', { code: 'issuers_differ' }),
    undefined,
  )
})

test('a stop ends a look that hangs, and nothing is said of it', async t => {
  const service = await startTestService(t)
  const { faults } = service.sandbox.pingFederate
  const { struck } = faults.next({
    match: { path: '/oauth/authServerSettings' },
    fault: { answerAfter: new Promise(() => undefined) },
  })
  const looking = service.lookAround()
  await struck
  await service.stop()
  await looking
  assert.deepEqual(linesOf(service, warned), [])
})
