import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
import { clientIds, recordCalls, sentClients, smallest } from './requests.ts'

const pingAccessUrls = [
  'https://host.example.com/myApp',
  'https://host.example.com/other',
  'https://host.example.com:8443/myApp',
]

/** What each `callbackUnder` registers for them. */
const registered = [
  [
    undefined,
    'host',
    ['https://host.example.com/pa/oidc/cb', 'https://host.example.com:8443/pa/oidc/cb'],
    /each virtual host/,
  ],
  [
    'host',
    'host',
    ['https://host.example.com/pa/oidc/cb', 'https://host.example.com:8443/pa/oidc/cb'],
    /“Use context root as reserved resource base path” off/,
  ],
  [
    'contextRoot',
    'contextRoot',
    pingAccessUrls.map(url => `${url}/pa/oidc/cb`),
    /“Use context root as reserved resource base path” on/,
  ],
] as const

for (const [callbackUnder, answered, redirectUris, reason] of registered) {
  test(`201: with callbackUnder ${callbackUnder} each callback that PingAccess answers is registered once`, async t => {
    const { sandbox, call } = await startTestService(t)
    const calls = recordCalls(sandbox)
    const body = { ...smallest, pingAccessUrls, ...(callbackUnder && { callbackUnder }) }
    const planned = await call('POST', '/web-session-clients?dryRun=true', { body })
    const created = await call('POST', '/web-session-clients', { body })
    assert.equal(created.status, 201)
    assert.equal(created.body.callbackUnder, answered)
    assert.deepEqual(created.body.pingAccessUrls, pingAccessUrls)
    assert.deepEqual(created.body.redirectUris, redirectUris)
    assert.deepEqual(sentClients(calls)[0]?.['redirectUris'], redirectUris)
    const settings: { pointer: string; value: unknown; source: string; reason: string }[] =
      planned.body.settings
    const setting = settings.find(({ pointer }) => pointer === '/callbackUnder')
    assert.deepEqual([setting?.value, setting?.source], [answered, callbackUnder ? 'request' : 'manual'])
    assert.match(setting?.reason ?? '', reason)
    assert.deepEqual(planned.body.changes[0].body.redirectUris, redirectUris)
    const read = await call('GET', '/web-session-clients/pa_wam')
    assert.equal(read.body.callbackUnder, answered)
  })
}

test('422 for any other callbackUnder, and nothing is created', async t => {
  const { sandbox, call } = await startTestService(t)
  for (const callbackUnder of ['Host', 'context_root', '', null, true, ['host']]) {
    const { status, body } = await call('POST', '/web-session-clients', {
      body: { ...smallest, callbackUnder },
    })
    assert.deepEqual([status, body.violations[0].pointer], [422, '/callbackUnder'], String(callbackUnder))
  }
  assert.deepEqual(clientIds(sandbox), [])
})

test('422 for a context root that PingAccess keeps for itself, with the URL that was meant', async t => {
  const { sandbox, call } = await startTestService(t)
  const reserved = ['https://host.example.com/pa', 'https://a.example.com/pa/oidc']
  const { status, body } = await call('POST', '/web-session-clients', {
    body: { ...smallest, pingAccessUrls: [...reserved, 'https://b.example.com/PA/OIDC/CB'] },
  })
  assert.equal(status, 422)
  assert.deepEqual(
    body.violations.map(({ pointer, fix }: { pointer: string; fix: string }) => [pointer, fix]),
    [
      ['/pingAccessUrls/0', 'Send https://host.example.com.'],
      ['/pingAccessUrls/1', 'Send https://a.example.com.'],
      ['/pingAccessUrls/2', 'Send https://b.example.com.'],
    ],
  )
  assert.deepEqual(clientIds(sandbox), [])
})
