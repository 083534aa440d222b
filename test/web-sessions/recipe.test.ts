import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { fullest, recordCalls, smallest } from '../web-session-clients/requests.ts'
import { createInUse } from '../web-session-clients/rotations.ts'
import { readTables } from '../web-session-clients/tables.ts'

const path = '/web-session-clients/pa_wam/web-session'

test('200 with the web session of the manual’s client, each value with its source, and with no secret', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const { status, body, headers } = await service.call('GET', path)
  assert.equal(status, 200)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.deepEqual(body.webSession, {
    name: 'pa_wam',
    audience: 'pa_wam',
    oidcLoginType: 'Code',
    clientCredentials: {
      clientId: 'pa_wam',
      clientSecret: { value: null },
      credentialsType: 'SECRET',
    },
    scopes: ['address', 'email', 'phone', 'profile'],
    requestProfile: true,
    pkceChallengeType: 'SHA256',
    enablePushAuthorization: false,
    validateSessionIsAlive: false,
    pfsessionStateCacheInSeconds: 60,
    cookieType: 'Encrypted',
    secureCookie: true,
    httpOnlyCookie: true,
    sameSite: 'Lax',
    idleTimeoutInMinutes: 60,
    sessionTimeoutInMinutes: 240,
    enableRefreshUser: true,
    refreshUserInfoClaimsInterval: 60,
    cacheUserAttributes: false,
    sendRequestedUrlToProvider: true,
    requestPreservationType: 'POST',
    webStorageType: 'SessionStorage',
    failOnUnsupportedPreservationContentType: false,
  })
  assert.equal(body.secretPointer, '/clientCredentials/clientSecret/value')
  assert.deepEqual(
    body.settings.map(({ pointer }: { pointer: string }) => pointer),
    Object.keys(body.webSession).map(name => `/${name}`),
  )
  assert.deepEqual(body.applications, [
    {
      contextRoot: '/',
      virtualHosts: [{ host: 'mypingaccessserver', port: 3000 }],
      deployReservedResources: false,
    },
  ])
})

test('200 follows every option of the client that PingAccess has to know', async t => {
  const { call } = await startTestService(t)
  await call('POST', '/web-session-clients', { body: fullest })
  const { body } = await call('GET', '/web-session-clients/pay-portal/web-session')
  const { scopes, requestProfile } = body.webSession
  assert.deepEqual([scopes, requestProfile], [['profile', 'email'], false])
  assert.deepEqual(
    body.applications.map(({ contextRoot }: { contextRoot: string }) => contextRoot),
    ['/', '/shop'],
  )
  const useSlo = body.agreement.find(({ client }: { client: string }) => client === '/logout')
  assert.equal(useSlo.needed, true)
})

test('200 follows the hand-out: redeem, then nothing but a new secret', async t => {
  const service = await startTestService(t)
  const { body } = await service.call('POST', '/web-session-clients', { body: smallest })
  const calls = async () =>
    (await service.call('GET', path)).body.checklist.map((step: { call: string }) => step.call)
  assert.ok((await calls()).includes('POST /secret-retrievals'))
  await redeem(service, body.retrieval.token)
  assert.ok(!(await calls()).includes('POST /secret-retrievals'))
  assert.ok((await calls()).includes('POST /web-session-clients/pa_wam/secret-rotations'))
})

test('200 without PingFederate, which is not asked; nothing is written anywhere', async t => {
  const service = await startTestService(t)
  await createInUse(service)
  const calls = recordCalls(service.sandbox)
  const before = readTables(service)
  assert.equal((await service.call('GET', path)).status, 200)
  assert.deepEqual(calls, [])
  assert.deepEqual(readTables(service), before)
  service.sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'drop' } } })
  assert.equal((await service.call('GET', path)).status, 200)
})

test('404 for another team’s client as for none', async t => {
  const { call } = await startTestService(t)
  await call('POST', '/web-session-clients', { body: smallest })
  const foreign = await call('GET', path, { as: 'shop-pipeline' })
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'client_not_found'])
  assert.equal((await call('GET', '/web-session-clients/nobody/web-session')).status, 404)
})
