import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientWithoutRetrieval } from '../../src/web-session-clients/examples.ts'
import type { WebSessionClient } from '../../src/web-session-clients/schema.ts'
import { toChecklist } from '../../src/web-sessions/checklist.ts'

const callsOf = (
  client: Partial<WebSessionClient>,
  retrieval: Parameters<typeof toChecklist>[1] = 'outstanding',
) => toChecklist({ ...clientWithoutRetrieval, ...client }, retrieval).map(({ call }) => call)

const path = '/web-session-clients/pa_wam'

test('the steps in their order: trust and token provider, virtual host, secret, web session, application', () => {
  assert.deepEqual(callsOf({}), [
    'GET /keyPairs/sslServer/{id}/certificate',
    'POST /certificates',
    'POST /trustedCertificateGroups',
    'PUT /pingfederate/runtime',
    'GET /applications/reserved',
    'POST /virtualhosts',
    'POST /secret-retrievals',
    'POST /webSessions',
    'PUT /applications/{id}',
    `GET ${path}/login-check`,
  ])
})

test('a secret that can be redeemed is redeemed; for any other a new one is asked for', () => {
  assert.ok(callsOf({}, 'outstanding').includes('POST /secret-retrievals'))
  for (const state of ['redeemed', 'expired', 'revoked'] as const) {
    assert.ok(callsOf({}, state).includes(`POST ${path}/secret-rotations`), state)
    assert.ok(!callsOf({}, state).includes('POST /secret-retrievals'), state)
  }
})

test('a secret that this service has put into PingAccess is neither asked for by hand nor put in by hand', () => {
  const calls = callsOf({}, 'delivered')
  assert.ok(calls.includes(`PUT ${path}/web-session`))
  for (const call of [`POST ${path}/secret-rotations`, 'POST /webSessions'])
    assert.ok(!calls.includes(call), call)
})

test('what stands in the way of a login comes before the secret: drift, switched off, not on every engine', () => {
  const drift = { state: 'changed' as const, foundAt: '2026-11-23T17:00:00.000Z' }
  const calls = callsOf({ drift, enabled: false, status: 'replicating' })
  const steps = [`POST ${path}/reconciliations`, `PATCH ${path}`, `GET ${path}`]
  assert.deepEqual(
    calls.filter(call => call?.includes(path)),
    [...steps, `GET ${path}/login-check`],
  )
  assert.ok(calls.indexOf(`GET ${path}`) < calls.indexOf('POST /secret-retrievals'))
  assert.ok(callsOf({ status: 'failed' }).includes(`GET ${path}`))
  for (const status of ['ready', 'disabled'] as const)
    assert.ok(!callsOf({ status }).includes(`GET ${path}`), status)
})

test('single logout and the policy are steps where the client has them', () => {
  const textOf = (client: Partial<WebSessionClient>) =>
    toChecklist({ ...clientWithoutRetrieval, ...client }, 'outstanding')
      .map(({ text }) => text)
      .join('\n')
  assert.match(textOf({ logout: 'pingaccess' }), /single logout \(useSlo\)/)
  assert.doesNotMatch(textOf({}), /useSlo|identity mappings/)
  assert.match(textOf({ oidcPolicy: 'strict' }), /identity mappings .* policy strict/)
})
