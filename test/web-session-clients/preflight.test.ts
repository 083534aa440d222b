import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Settings } from '../../src/sandbox/pingfederate/settings.ts'
import { type Answer, startTestService, type TestService } from '../service.ts'
import { recordCalls, smallest, writesOf } from './requests.ts'

type Warning = Record<'code' | 'pointer' | 'when' | 'detail' | 'fixedBy' | 'fix', string>

const dryRun = ({ call }: Pick<TestService, 'call'>, fields: object = {}): Promise<Answer> =>
  call('POST', '/web-session-clients?dryRun=true', { body: { ...smallest, ...fields } })

const warningsOf = ({ status, body }: Answer): Warning[] => {
  assert.equal(status, 200, JSON.stringify(body))
  return body.warnings
}

const codesOf = (answer: Answer): string[] => warningsOf(answer).map(({ code }) => code)

/** What an administrator has left out, the requests that suffer from it, and those that do not. */
const lacks: [string, Partial<Settings>, Pick<Warning, 'pointer' | 'when'>, object[], object[]][] = [
  [
    'no_default_access_token_manager',
    { defaultAccessTokenManager: undefined },
    { pointer: '/accessTokenManager', when: 'first_login' },
    [{}],
    [{ accessTokenManager: 'jwt' }],
  ],
  [
    'no_default_oidc_policy',
    { defaultOidcPolicy: undefined },
    { pointer: '/oidcPolicy', when: 'first_login' },
    [{}],
    [{ oidcPolicy: 'default' }],
  ],
  [
    'scopes_unknown',
    { scopes: ['openid', 'profile'] },
    { pointer: '/scopes', when: 'first_login' },
    [{}],
    [{ scopes: ['profile'] }],
  ],
  [
    'sessions_not_tracked',
    { trackUserSessionsForLogout: false },
    { pointer: '/logout', when: 'logout' },
    [{ logout: 'pingaccess' }],
    [{}, { logout: 'none' }],
  ],
]

test('200 without a warning where PingFederate has everything', async t => {
  const service = await startTestService(t)
  for (const fields of [{}, { logout: 'pingaccess' }, { scopes: ['email'], oidcPolicy: 'default' }])
    assert.deepEqual(codesOf(await dryRun(service, fields)), [])
})

for (const [code, lack, { pointer, when }, suffering, others] of lacks) {
  test(`200 with ${code}: what fails, when, who can change it, and only where it matters`, async t => {
    const service = await startTestService(t)
    Object.assign(service.sandbox.pingFederate.settings, lack)
    for (const fields of suffering) {
      const [warning, ...more] = warningsOf(await dryRun(service, fields))
      assert.deepEqual(more, [])
      assert.deepEqual([warning?.code, warning?.pointer, warning?.when], [code, pointer, when])
      assert.equal(warning?.fixedBy, 'pingfederate_administrator')
      assert.ok(warning.detail && warning.fix)
    }
    for (const fields of others) assert.deepEqual(codesOf(await dryRun(service, fields)), [])
    const { status } = await service.call('POST', '/web-session-clients', { body: smallest })
    assert.equal(status, 201, 'the create succeeds all the same')
  })
}

test('200 without a warning, and 201, where no administrator has listed openid: every client may have it', async t => {
  const service = await startTestService(t)
  service.sandbox.pingFederate.settings.scopes = ['profile', 'email', 'address', 'phone']
  for (const [index, fields] of [{}, { scopes: ['openid'] }, { scopes: ['profile'] }].entries()) {
    assert.deepEqual(codesOf(await dryRun(service, fields)), [])
    const body = { ...smallest, ...fields, clientId: `client-${index}` }
    assert.equal((await service.call('POST', '/web-session-clients', { body })).status, 201)
  }
})

test('200 with scopes_exclusive for a scope that an administrator gives to chosen clients', async t => {
  const service = await startTestService(t)
  const body = {
    scopes: [{ name: 'openid' }],
    scopeGroups: [{ name: 'group' }],
    exclusiveScopes: [{ name: 'chosen' }],
    exclusiveScopeGroups: null,
  }
  service.sandbox.pingFederate.faults.always({
    match: { path: '/oauth/authServerSettings' },
    fault: { answer: { kind: 'status', status: 200, body } },
  })
  assert.deepEqual(codesOf(await dryRun(service, { scopes: ['group', 'chosen'] })), ['scopes_exclusive'])
})

/** What PingFederate has not is refused, with the code, the pointers and the rule of the create's own refusal. */
const unknown = [
  { scopes: ['profile', 'nowhere', 'elsewhere'] },
  { oidcPolicy: 'nowhere' },
  { accessTokenManager: 'nowhere' },
  { oidcPolicy: 'nowhere', accessTokenManager: 'nowhere', scopes: ['nowhere'] },
]

type Violation = Record<'in' | 'pointer' | 'rule', string>

const placesOf = ({ body }: Answer): string[] =>
  body.violations.map((each: Violation) => `${each.in} ${each.pointer} ${each.rule}`).sort()

test('422 as a create answers for what PingFederate does not have', async t => {
  const service = await startTestService(t)
  for (const fields of unknown) {
    const dry = await dryRun(service, fields)
    const real = await service.call('POST', '/web-session-clients', { body: { ...smallest, ...fields } })
    assert.deepEqual([dry.status, dry.body.code], [422, 'refused_by_pingfederate'])
    assert.deepEqual([real.status, real.body.code], [422, 'refused_by_pingfederate'])
    assert.deepEqual(placesOf(dry), placesOf(real))
  }
})

const prerequisites = /^\/oauth\/(authServerSettings|accessTokenManagers|openIdConnect)/

for (const status of [403, 404, 500]) {
  test(`200 with preflight_incomplete when PingFederate answers ${status} for its prerequisites`, async t => {
    const service = await startTestService(t)
    service.sandbox.pingFederate.faults.always({
      match: { path: prerequisites },
      fault: { answer: { kind: 'status', status } },
    })
    const [warning, ...others] = warningsOf(await dryRun(service, { logout: 'pingaccess' }))
    assert.deepEqual(others, [])
    assert.deepEqual([warning?.code, warning?.fixedBy], ['preflight_incomplete', 'operator'])
    for (const word of ['access token manager', 'OpenID Connect policy', 'scopes', 'sessions'])
      assert.ok(warning?.detail.includes(word), word)
    assert.ok(service.logLines.some(line => line.includes('a prerequisite in PingFederate')))
  })
}

test('201 right after a dry run whose account may not read the prerequisites: creates are not held up', async t => {
  const service = await startTestService(t)
  service.sandbox.pingFederate.faults.always({
    match: { path: prerequisites },
    fault: { answer: { kind: 'status', status: 403 } },
  })
  assert.deepEqual(codesOf(await dryRun(service)), ['preflight_incomplete'])
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
})

test('200: what cannot be read and does not matter is no warning', async t => {
  const service = await startTestService(t)
  service.sandbox.pingFederate.faults.always({
    match: { path: /settings$/ },
    fault: { answer: { kind: 'html' } },
  })
  assert.deepEqual(codesOf(await dryRun(service, { accessTokenManager: 'jwt', oidcPolicy: 'default' })), [])
})

test('200: odd answers of PingFederate are read leniently', async t => {
  const service = await startTestService(t)
  for (const body of [{}, { scopes: null, items: null }, { scopes: [null, 1], items: [{}, { id: 1 }] }]) {
    service.sandbox.pingFederate.faults.clear()
    service.sandbox.pingFederate.faults.always({
      match: { path: prerequisites },
      fault: { answer: { kind: 'status', status: 200, body } },
    })
    assert.deepEqual(codesOf(await dryRun(service)), [
      'no_default_access_token_manager',
      'no_default_oidc_policy',
      'scopes_unknown',
    ])
  }
})

test('503 while PingFederate is down, as a create answers', async t => {
  const service = await startTestService(t)
  await dryRun(service)
  await service.sandbox.close()
  const dry = await dryRun(service)
  const real = await service.call('POST', '/web-session-clients', { body: smallest })
  assert.deepEqual([dry.status, dry.body.code], [503, 'pingfederate_unreachable'])
  assert.deepEqual([real.status, real.body.code], [503, 'pingfederate_unreachable'])
  assert.ok(dry.headers.get('retry-after'))
})

test('504 when PingFederate does not answer: nothing has begun, so there is no operation', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_TIMEOUT_MS: '300' } })
  service.sandbox.pingFederate.faults.always({ fault: { holdMs: 60_000 } })
  const { status, body } = await dryRun(service)
  assert.deepEqual([status, body.code], [504, 'pingfederate_timeout'])
  assert.equal(body.operation, undefined)
})

test('200 in a cluster: with `report` a warning that somebody has to publish, with `trigger` the publishing', async t => {
  for (const [mode, codes, paths] of [
    ['report', ['not_published'], ['/pf-admin-api/v1/oauth/clients']],
    ['trigger', [], ['/pf-admin-api/v1/oauth/clients', '/pf-admin-api/v1/cluster/replicate']],
    ['none', [], ['/pf-admin-api/v1/oauth/clients']],
  ] as const) {
    const service = await startTestService(t, {
      sandbox: { cluster: 'clustered' },
      env: { PINGFEDERATE_REPLICATION: mode },
    })
    const calls = recordCalls(service.sandbox)
    const answer = await dryRun(service)
    assert.deepEqual(codesOf(answer), codes)
    assert.deepEqual(
      answer.body.changes.map(({ path }: { path: string }) => path),
      paths,
    )
    assert.deepEqual(writesOf(calls), [])
  }
})
