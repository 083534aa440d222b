import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { checkPingFederate } from '../../src/installation/check-ping-federate.ts'
import type { Found } from '../../src/installation/warning-schema.ts'
import type { Settings } from '../../src/sandbox/pingfederate/settings.ts'
import { startUpstream } from '../pingfederate/upstream.ts'

/** What is found in an installation that is set up otherwise. */
const check = async (t: TestContext, settings: Partial<Settings> = {}) => {
  const upstream = await startUpstream(t)
  Object.assign(upstream.sandbox.pingFederate.settings, settings)
  return { ...upstream, look: () => checkPingFederate(upstream.pingFederate) }
}

const codesOf = (found: Found): string[] =>
  Object.values(found).flatMap(warning => (warning ? [warning.code] : []))

const good = [
  'pingfederate_rights_missing',
  'no_default_access_token_manager',
  'no_default_oidc_policy',
  'scopes_unknown',
  'sessions_not_tracked',
  'pingfederate_version_old',
  'pingfederate_version_new',
]

test('of a PingFederate that has everything each code is known to be all right, and only reads are sent', async t => {
  const { look, exchanges } = await check(t)
  const { found, unread } = await look()
  assert.deepEqual(found, Object.fromEntries(good.map(code => [code, null])))
  assert.deepEqual(unread, [])
  assert.deepEqual(
    [...new Set(exchanges.map(({ method, status }) => `${method} ${status}`))],
    ['GET 200', 'GET 403'],
  )
})

for (const [code, settings] of [
  ['no_default_access_token_manager', { defaultAccessTokenManager: undefined }],
  ['no_default_oidc_policy', { defaultOidcPolicy: undefined }],
  ['scopes_unknown', { scopes: ['openid', 'profile'] }],
  ['sessions_not_tracked', { trackUserSessionsForLogout: false }],
  ['pingfederate_version_old', { version: '11.2.0.0' }],
] as const satisfies [string, Partial<Settings>][])
  test(`${code} where that is so, and nothing else`, async t => {
    const { look } = await check(t, settings as Partial<Settings>)
    const { found } = await look()
    assert.deepEqual(codesOf(found), [code])
    const { detail, fix, fixedBy } = found[code] ?? assert.fail()
    assert.ok(detail.endsWith('.') && fix.endsWith('.'))
    assert.equal(fixedBy, 'pingfederate_administrator')
  })

test('what the account may not read is named, and nothing is known of what would be there', async t => {
  const { look, sandbox } = await check(t)
  const forbidden = { resultId: 'insufficient_privileges', message: 'No.' }
  sandbox.pingFederate.faults.always({
    match: { path: '/oauth/authServerSettings' },
    fault: { answer: { kind: 'status', status: 403, body: forbidden } },
  })
  sandbox.pingFederate.faults.always({
    match: { path: '/oauth/openIdConnect/policies' },
    fault: { answer: { kind: 'status', status: 403 } },
  })
  const { found, unread } = await look()
  assert.deepEqual([codesOf(found), unread], [['pingfederate_rights_missing'], []])
  assert.match(
    found.pingfederate_rights_missing?.detail ?? '',
    /read \/oauth\/authServerSettings, \/oauth\/openIdConnect\/policies\.$/,
  )
  assert.ok(!('scopes_unknown' in found))
})

test('of a PingFederate that does not answer nothing is known, and no more than two calls are sent', async t => {
  const { look, sandbox, calls } = await check(t)
  sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'status', status: 503 } } })
  assert.deepEqual(await look(), {
    found: {},
    unread: ['/version of PingFederate (server-error)', '/cluster/status of PingFederate (server-error)'],
  })
  assert.deepEqual(calls(), ['GET /version', 'GET /cluster/status'])
})

test('an outage, a proxy’s 403 and a wrong password are no missing right: what could not be read is named, with the kind', async t => {
  for (const [answer, kind] of [
    [{ kind: 'status', status: 503 }, 'server-error'],
    [{ kind: 'status', status: 403, body: '<html>' }, 'unexpected'],
    [{ kind: 'status', status: 401 }, 'credentials'],
  ] as const) {
    const { look, sandbox } = await check(t)
    sandbox.pingFederate.faults.always({ match: { path: '/oauth/authServerSettings' }, fault: { answer } })
    const { found, unread } = await look()
    assert.deepEqual([codesOf(found), unread], [[], [`/oauth/authServerSettings of PingFederate (${kind})`]])
    assert.deepEqual(
      ['pingfederate_rights_missing', 'scopes_unknown'].filter(code => code in found),
      [],
    )
  }
})
