import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { listen } from '../../src/sandbox/listen.ts'
import { version } from '../../src/version.ts'
import { createKey, sign, startIssuer } from '../authentication/issuer.ts'
import { stopClock } from '../authentication/protected-app.ts'
import { audience, startTestService, type TestService } from '../service.ts'

type Line = Record<'level' | 'msg' | 'reason' | 'fix' | 'pingFederateVersion', string>

/** The first line with this text, as soon as it is there. */
const lineOf = async ({ logLines }: TestService, text: string): Promise<Line> => {
  for (;;) {
    const line = logLines.map(each => JSON.parse(each)).find(({ msg }) => msg === text)
    if (line) return line
    await setImmediate()
  }
}

const countOf = ({ logLines }: TestService, text: string): number =>
  logLines.filter(line => JSON.parse(line).msg === text).length

const ready = ({ call }: TestService) => call('GET', '/health/ready', { as: null })

/** Answers every request alike, and keeps the header fields it was sent. */
const startServer = async (t: TestContext, status: number, body: string) => {
  const userAgents: (string | undefined)[] = []
  const server = createServer((request, response) => {
    userAgents.push(request.headers['user-agent'])
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, userAgents }
}

const issuerDown = 'the keys of the issuer cannot be had'

test('a slash too many in JWT_ISSUER is in the log at the start, with the issuer that it has to be', async t => {
  const issuer = await startIssuer(t, [await createKey('first')])
  const service = await startTestService(t, { env: { JWT_ISSUER: `${issuer.url}/` } })
  const { reason, fix } = await lineOf(service, issuerDown)
  assert.equal(reason, 'The discovery document is of another issuer.')
  assert.ok(fix.includes(`set JWT_ISSUER=${issuer.url};`))
})

test('503 for a wrong JWT_ISSUER, whose log line has the sentence that says so', async t => {
  const issuer = await startIssuer(t, [await createKey('first')])
  const service = await startTestService(t, { env: { JWT_ISSUER: `${issuer.url}/` } })
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  assert.equal((await service.call('GET', '/web-session-clients', { token })).status, 503)
  const line = service.logLines.find(each => JSON.parse(each).code === 'issuer_unavailable')
  assert.ok(line?.includes('The discovery document is of another issuer.'))
})

test('with JWT_JWKS_URL set, a discovery document of another issuer is a warning', async t => {
  const issuer = await startIssuer(t, [await createKey('first')])
  const env = { JWT_ISSUER: `${issuer.url}/`, JWT_JWKS_URL: `${issuer.url}/jwks` }
  const service = await startTestService(t, { env })
  const line = await lineOf(
    service,
    'the discovery document of the issuer cannot be used; its configured key set is',
  )
  assert.equal(line.level, 'warn')
  assert.equal(line.reason, 'The discovery document is of another issuer.')
  assert.equal((await ready(service)).status, 200)
})

test('an issuer that is down is one line at the start with reason and fix, none for each probe, and one when it is back', async t => {
  const issuer = await startIssuer(t, [await createKey('first')])
  issuer.answer('discovery', response => void response.destroy())
  const service = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const line = await lineOf(service, issuerDown)
  assert.match(line.reason, /UND_ERR_SOCKET|ECONNRESET/)
  assert.ok(line.fix.includes(`JWT_ISSUER (${issuer.url})`))
  for (let probe = 0; probe < 3; probe += 1) assert.equal((await ready(service)).status, 503)
  assert.equal(countOf(service, issuerDown), 1)
  issuer.answer('discovery', undefined)
  assert.equal((await ready(service)).status, 200)
  assert.equal(countOf(service, 'the keys of the issuer can be had again'), 1)
})

test('the version of the PingFederate that answers is in the log at the start', async t => {
  const service = await startTestService(t)
  await service.lookAround()
  const line = await lineOf(service, 'PingFederate answers')
  assert.equal(line.pingFederateVersion, service.sandbox.pingFederate.settings.version)
})

test('a PingFederate that cannot be reached is in the log when readiness first reports it, with reason and fix', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_ADMIN_URL: 'http://127.0.0.1:1' } })
  await ready(service)
  const line = await lineOf(service, 'PingFederate cannot be used')
  assert.equal(line.reason, 'unreachable (ECONNREFUSED)')
  assert.ok(line.fix.includes('PINGFEDERATE_ADMIN_URL (http://127.0.0.1:1)'))
})

/** What is wrong, and what the log says of it once the service has looked. */
const wrong: [string, (t: TestContext) => Promise<Record<string, string>>, RegExp, RegExp][] = [
  [
    'an address where something else answers',
    async t => ({ PINGFEDERATE_ADMIN_URL: (await startServer(t, 404, '<html>')).url }),
    /^unexpected \(404\)$/,
    /Something else than PingFederate’s administrative API answers at PINGFEDERATE_ADMIN_URL/,
  ],
  [
    'a wrong password',
    async () => ({ PINGFEDERATE_ADMIN_PASSWORD: 'planted-password' }),
    /^credentials \(401, \w+\)$/,
    /Check the account: PINGFEDERATE_ADMIN_USERNAME/,
  ],
]

test('what is wrong with PingFederate’s address or account is in the log at the start, with reason and fix', async t => {
  for (const [what, toEnv, reason, fix] of wrong) {
    await t.test(what, async t => {
      const service = await startTestService(t, { env: await toEnv(t) })
      await service.lookAround()
      const line = await lineOf(service, 'PingFederate cannot be used')
      assert.match(line.reason, reason)
      assert.match(line.fix, fix)
      assert.ok(!service.logLines.join('').includes('planted'))
    })
  }
})

test('a wrong token endpoint of PingFederate’s is told apart from a wrong address of its API, by its own setting', async t => {
  const withTokenUrl = async (tokenUrl: string) => {
    const service = await startTestService(t, {
      env: {
        PINGFEDERATE_ADMIN_USERNAME: '',
        PINGFEDERATE_ADMIN_PASSWORD: '',
        PINGFEDERATE_ADMIN_TOKEN_URL: tokenUrl,
        PINGFEDERATE_ADMIN_CLIENT_ID: 'web-session-clients',
        PINGFEDERATE_ADMIN_CLIENT_SECRET: 'planted-secret',
      },
    })
    await service.lookAround()
    const { reason, fix } = await lineOf(service, 'PingFederate cannot be used')
    assert.ok(!service.logLines.join('').includes('planted'))
    return [reason, fix.includes(`PINGFEDERATE_ADMIN_TOKEN_URL (${tokenUrl})`)]
  }
  const page = await startServer(t, 404, '<html>')
  assert.deepEqual(await withTokenUrl(page.url), ['unexpected (404)', true])
  assert.deepEqual(await withTokenUrl('http://127.0.0.1:1'), ['unreachable (ECONNREFUSED)', true])
  const refusing = await startServer(t, 400, '{"error":"invalid_client"}')
  assert.deepEqual(await withTokenUrl(refusing.url), ['credentials (400, invalid_client)', false])
})

test('a licence that nobody accepted and a missing role are told apart in the log, by PingFederate’s own words', async t => {
  const reasons = ['license_agreement_not_accepted', 'insufficient_privileges'].map(async resultId => {
    const service = await startTestService(t)
    const answer = { kind: 'status', status: 403, body: { resultId, message: 'No.' } } as const
    service.sandbox.pingFederate.faults.always({ fault: { answer } })
    await service.lookAround()
    return (await lineOf(service, 'PingFederate cannot be used')).reason
  })
  assert.deepEqual(await Promise.all(reasons), [
    'forbidden (403, license_agreement_not_accepted)',
    'forbidden (403, insufficient_privileges)',
  ])
})

test('an issuer that does not answer is told apart in the log from one that answers what cannot be used', async t => {
  t.mock.method(AbortSignal, 'timeout', () => AbortSignal.abort(new DOMException('', 'TimeoutError')))
  await using silent = await listen(
    createServer(() => undefined),
    0,
    '127.0.0.1',
  )
  const JWT_ISSUER = `http://127.0.0.1:${silent.port}`
  const service = await startTestService(t, { env: { JWT_ISSUER } })
  const { reason, fix } = await lineOf(service, issuerDown)
  assert.equal(reason, 'The issuer did not answer within 5 seconds.')
  assert.ok(fix.startsWith(`Check that JWT_ISSUER (${JWT_ISSUER}) can be reached from here`))
})

test('a database that stops answering is in the log when readiness first turns', async t => {
  let isDown = false
  const service = await startTestService(t, {
    wrapStore: store => ({
      ...store,
      check: async () => {
        if (isDown) throw Object.assign(new Error('planted'), { code: 'ECONNREFUSED' })
        return store.check()
      },
    }),
  })
  isDown = true
  assert.equal((await ready(service)).status, 503)
  assert.equal((await ready(service)).status, 503)
  assert.equal((await lineOf(service, 'the database does not answer')).reason, 'ECONNREFUSED')
  assert.equal(countOf(service, 'the database does not answer'), 1)
})

test('an issuer that goes down later is one line in the log while its last keys are used, and one when it is back', async t => {
  const { tick } = stopClock(t)
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  const service = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const ask = async (): Promise<void> => {
    tick(601_000)
    const exp = Math.floor(Date.now() / 1000) + 300
    const claims = { iss: issuer.url, aud: audience, sub: 'ana', exp, groups: 'payments' }
    const token = await sign(key, { ...claims, scope: 'web-session-clients:read' })
    assert.equal((await service.call('GET', '/web-session-clients', { token })).status, 200)
  }
  await ask()
  issuer.answer('jwks', response => void response.writeHead(500).end())
  await ask()
  await ask()
  const stale = 'the keys of the issuer cannot be read again; the last ones are used, for four hours at most'
  assert.equal((await lineOf(service, stale)).reason, 'The issuer answered 500.')
  assert.equal(countOf(service, stale), 1)
  issuer.answer('jwks', undefined)
  await ask()
  assert.equal(countOf(service, 'the keys of the issuer can be had again'), 1)
})

test('issuer and PingFederate are told who calls: web-session-clients and its version', async t => {
  const issuer = await startServer(t, 200, '{}')
  const pingFederate = await startServer(t, 200, '{"version":"12.3.0.1"}')
  const env = { JWT_ISSUER: issuer.url, PINGFEDERATE_ADMIN_URL: pingFederate.url }
  const service = await startTestService(t, { env })
  await service.lookAround()
  await lineOf(service, issuerDown)
  for (const { userAgents } of [issuer, pingFederate])
    assert.deepEqual([...new Set(userAgents)], [`web-session-clients/${version}`])
})
