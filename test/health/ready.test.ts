import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey, startIssuer } from '../authentication/issuer.ts'
import { startTestService, type TestService } from '../service.ts'
import { recordCalls } from '../web-session-clients/requests.ts'

const ready = ({ call }: TestService) => call('GET', '/health/ready', { as: null })

/** Asks until PingFederate’s check is known: nobody waits for it in the first answer. */
const pingFederateCheck = async (service: TestService): Promise<string> => {
  const { pingFederate } = (await ready(service)).body.checks
  return pingFederate === 'unknown' ? pingFederateCheck(service) : pingFederate
}

test('200 for anybody when database and issuer answer', async t => {
  const service = await startTestService(t)
  const { status, body } = await ready(service)
  assert.equal(status, 200)
  assert.deepEqual(body, {
    status: 'ready',
    checks: { database: 'ok', issuer: 'ok', pingFederate: 'unknown' },
    pingFederateProblem: null,
    pingFederateReason: null,
    warnings: [],
  })
  assert.equal(await pingFederateCheck(service), 'ok')
})

test('200 without PingFederate, which is reported as failing', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_ADMIN_URL: 'http://127.0.0.1:1' } })
  assert.equal((await ready(service)).status, 200)
  assert.equal(await pingFederateCheck(service), 'failing')
})

test('200 with PingFederate failing when it refuses this service’s account', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_ADMIN_PASSWORD: 'wrong' } })
  assert.equal(await pingFederateCheck(service), 'failing')
  assert.equal((await ready(service)).body.pingFederateProblem, 'pingfederate_credentials_refused')
})

for (const [resultId, code] of [
  ['license_agreement_not_accepted', 'pingfederate_forbidden'],
  ['insufficient_privileges', 'pingfederate_forbidden'],
])
  test(`69: 200 with PingFederate failing for ${resultId}, and what a create would be answered`, async t => {
    const service = await startTestService(t)
    const answer = { kind: 'status', status: 403, body: { resultId, message: 'No.' } } as const
    service.sandbox.pingFederate.faults.always({ fault: { answer } })
    assert.equal(await pingFederateCheck(service), 'failing')
    const { pingFederateProblem, pingFederateReason } = (await ready(service)).body
    assert.deepEqual([pingFederateProblem, pingFederateReason], [code, resultId])
    const line = service.logLines.find(each => each.includes('PingFederate cannot be used')) ?? ''
    assert.ok(line.includes(`forbidden (403, ${resultId})`), line)
  })

test('200 many times costs PingFederate one question in ten seconds', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const calls = recordCalls(service.sandbox)
  await Promise.all(Array.from({ length: 20 }, () => ready(service)))
  await pingFederateCheck(service)
  assert.equal(calls.length, 1)
  now += 10_000
  service.sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'drop' } } })
  await Promise.all(Array.from({ length: 20 }, () => ready(service)))
  assert.ok(calls.length <= 2)
})

test('503 when the issuer’s keys cannot be had, telling which check failed and when to ask again', async t => {
  const service = await startTestService(t, { env: { JWT_ISSUER: 'http://127.0.0.1:1' } })
  const { status, body, headers } = await ready(service)
  assert.equal(status, 503)
  assert.equal(body.code, 'not_ready')
  assert.equal(body.detail, 'database: ok, issuer: failing (unreachable)')
  assert.equal(headers.get('retry-after'), '5')
})

test('503 names the reason of a failing check, and nothing of the error', async t => {
  const issuer = await startIssuer(t, [await createKey('first')])
  const service = await startTestService(t, {
    env: { JWT_ISSUER: `${issuer.url}/` },
    wrapStore: store => ({
      ...store,
      check: () => Promise.reject(Object.assign(new Error('planted'), { code: '28P01' })),
    }),
  })
  const { body } = await ready(service)
  assert.equal(body.detail, 'database: failing (refused), issuer: failing (another_issuer)')
  assert.doesNotMatch(JSON.stringify(body), /planted|127\.0\.0\.1/)
})
