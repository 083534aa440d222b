import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writePolicyFile } from '../policy/files.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { drift, edit, mark, path, reconcile, start } from './drifts.ts'
import { writesOf } from './requests.ts'
import { rotate } from './rotations.ts'
import { readTables } from './tables.ts'
import { clientPath, readTag, update } from './updates.ts'

/** What somebody sets in the console: the field, and what it is in our words afterwards. */
const edits: [fields: object, pointer: string, accepted: Record<string, unknown> | undefined][] = [
  [{ name: 'Shop' }, '/name', { name: 'Shop' }],
  [{ enabled: false }, '/enabled', { enabled: false, status: 'disabled' }],
  [
    { redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb', 'https://b.example/pa/oidc/cb'] },
    '/redirectUris',
    { pingAccessUrls: ['https://mypingaccessserver:3000', 'https://b.example'] },
  ],
  [{ redirectUris: ['https://b.example/elsewhere'] }, '/redirectUris', undefined],
  [{ redirectUris: ['https://*.example/pa/oidc/cb'] }, '/redirectUris', undefined],
  [{ bypassApprovalPage: false }, '/bypassAuthorizationApproval', undefined],
  [
    { grantTypes: ['REFRESH_TOKEN', 'AUTHORIZATION_CODE'] },
    '/grantTypes',
    { refreshTokens: true, grantTypes: ['authorization_code', 'refresh_token'] },
  ],
  [{ grantTypes: ['IMPLICIT', 'AUTHORIZATION_CODE'] }, '/grantTypes', undefined],
  [
    { restrictScopes: true, restrictedScopes: ['email', 'openid'] },
    '/scopes',
    { scopes: ['openid', 'email'] },
  ],
  [{ restrictScopes: true, restrictedScopes: ['email'] }, '/scopes', undefined],
  [{ requireProofKeyForCodeExchange: true }, '/requirePkce', { requirePkce: true }],
  [{ defaultAccessTokenManagerRef: { id: 'jwt' } }, '/accessTokenManager', { accessTokenManager: 'jwt' }],
  [{ oidcPolicy: { policyGroup: { id: 'default' } } }, '/oidcPolicy', { oidcPolicy: 'default' }],
  [{ oidcPolicy: { logoutMode: 'PING_FRONT_CHANNEL' } }, '/logout', { logout: 'pingaccess' }],
  [{ oidcPolicy: { logoutMode: 'OIDC_BACK_CHANNEL' } }, '/logout', undefined],
  [{ description: 'By hand' }, '/description', { description: 'By hand' }],
  [{ description: 'Web session client of payments' }, '/description', { description: null }],
  [{ description: 'x'.repeat(600) }, '/description', undefined],
]

for (const [fields, pointer, accepted] of edits) {
  const what = JSON.stringify(fields).slice(0, 80)

  test(`200: ${what} is found, named, and set again by reapply, and nothing else is`, async t => {
    const service = await start(t)
    const tag = await readTag(service)
    assert.deepEqual(await drift(service), { drifted: false, state: null, differences: [] })
    await edit(service, { ...fields, logoUrl: 'https://example.com/logo.png' })
    const { drifted, state, differences } = await drift(service)
    assert.deepEqual(
      [drifted, state, differences.length, differences[0].pointer],
      [true, 'changed', 1, pointer],
    )
    const refused = await update(service, { name: 'Other' })
    assert.deepEqual([refused.body.code, refused.body.differences], ['client_drifted', differences])
    const { status, body, headers } = await reconcile(service, 'reapply')
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual([body.reconciled, headers.get('etag')], [differences, tag])
    assert.equal((await drift(service)).drifted, false)
    const [found] = service.sandbox.pingFederate.clients() as unknown as { logoUrl: string }[]
    assert.equal(found?.logoUrl, 'https://example.com/logo.png')
  })

  if (accepted)
    test(`200: ${what} is accepted, without a write to PingFederate`, async t => {
      const service = await start(t)
      const tag = await readTag(service)
      await edit(service, fields)
      service.calls.length = 0
      const { status, body, headers } = await reconcile(service, 'accept')
      assert.equal(status, 200, JSON.stringify(body))
      for (const [name, value] of Object.entries(accepted)) assert.deepEqual(body[name], value, name)
      assert.notEqual(headers.get('etag'), tag)
      assert.equal(headers.get('etag'), await readTag(service))
      assert.deepEqual(writesOf(service.calls), [])
      assert.equal((await drift(service)).drifted, false)
      assert.equal((await update(service, { scopes: ['openid', 'profile'] })).status, 200)
      assert.equal((await drift(service)).drifted, false)
    })
  else
    test(`409: ${what} cannot be said here, is named, and nothing is changed`, async t => {
      const service = await start(t)
      await edit(service, { ...fields, requireProofKeyForCodeExchange: true })
      service.calls.length = 0
      const before = readTables(service)
      const { status, body } = await reconcile(service, 'accept')
      assert.deepEqual([status, body.code], [409, 'drift_not_acceptable'])
      assert.deepEqual(
        body.differences.map((each: { pointer: string }) => each.pointer),
        [pointer],
      )
      assert.deepEqual(writesOf(service.calls), [])
      assert.deepEqual(readTables(service), before)
    })
}

test('200: where nothing differs nothing is written, in either direction', async t => {
  const service = await start(t)
  const tag = await readTag(service)
  const before = readTables(service)
  for (const direction of ['reapply', 'accept']) {
    const { status, body, headers } = await reconcile(service, direction)
    assert.deepEqual([status, body.reconciled, headers.get('etag')], [200, [], tag])
  }
  assert.deepEqual(writesOf(service.calls), [])
  assert.deepEqual(readTables(service), before)
})

test('200: a client that was switched off here and on again in the console is told apart, and switched off again', async t => {
  const service = await start(t)
  await update(service, { enabled: false })
  await edit(service, { enabled: true })
  assert.deepEqual((await drift(service)).state, 'reenabled')
  assert.equal((await reconcile(service, 'reapply')).body.status, 'disabled')
  assert.equal(service.sandbox.pingFederate.clients()[0]?.enabled, false)
})

test('409 operation_in_progress while nobody knows how setting it again has ended, though PingFederate has it: it is nobody else’s', async t => {
  const service = await start(t)
  await edit(service, { name: 'By hand' })
  const { faults } = service.sandbox.pingFederate
  const lost = { answer: { kind: 'drop' } } as const
  faults.next({ match: { method: 'PUT', path }, fault: lost })
  // What is read before the change, and in it, and what is to tell how it has ended.
  for (const fault of [{}, {}, lost]) faults.next({ match: { method: 'GET', path }, fault })
  const unknown = await reconcile(service, 'reapply')
  assert.deepEqual([unknown.status, unknown.body.code], [504, 'outcome_unknown'])
  for (const next of [
    ...[reconcile(service, 'reapply'), reconcile(service, 'accept'), update(service, {})],
    service.call('GET', `${clientPath}/drift`),
  ]) {
    const { status, body } = await next
    assert.deepEqual([status, body.code], [409, 'operation_in_progress'])
    assert.equal(body.operation, unknown.body.operation)
  }
})

test('403: what the policy does not allow is not accepted, with the rule', async t => {
  const policy = writePolicyFile(t, {
    changeableBy: 'IAM team',
    defaults: {
      ...{ hosts: ['mypingaccessserver'], ports: 'any', contextRoots: 'any', scopes: 'any' },
      ...{ oidcPolicies: 'any', accessTokenManagers: 'any', retrieval: { redeemableBy: ['team'] } },
    },
  })
  const service = await start(t, { POLICY_FILE: policy.path })
  await edit(service, { redirectUris: ['https://evil.example/pa/oidc/cb'] })
  const { status, body } = await reconcile(service, 'accept')
  assert.deepEqual(
    [status, body.code, body.violations[0].rule],
    [403, 'not_allowed_by_policy', 'allowed_hosts'],
  )
  assert.equal((await drift(service)).drifted, true)
})

test('404 and 422: not of another team, and in no third direction', async t => {
  const service = await start(t)
  assert.equal((await reconcile(service, 'reapply', 'shop-pipeline')).status, 404)
  assert.equal((await reconcile(service, 'both')).body.violations[0].pointer, '/direction')
})

test('the audit trail has who decided what', async t => {
  const service = await start(t)
  await edit(service, { name: 'Shop' })
  await reconcile(service, 'accept')
  await edit(service, { name: 'Other' })
  await reconcile(service, 'reapply')
  const events = readRows(
    service.databasePath,
    "select action, outcome, subject, team from audit_event where client_id = 'pa_wam' order by audit_event_id desc limit 3",
  )
  assert.deepEqual(
    events.map(row => Object.values(row)).toReversed(),
    ['client.accept done', 'client.reapply intended', 'client.reapply done'].map(each => [
      ...each.split(' '),
      'payments-pipeline',
      'payments',
    ]),
  )
})

for (const direction of ['reapply', 'accept'] as const)
  test(`200: after ${direction} the client is not shown as drifted any more`, async t => {
    const service = await start(t)
    await edit(service, { name: 'Shop' })
    await mark(service, 'changed', '2026-01-02T00:00:00.000Z')
    assert.equal((await service.call('GET', clientPath)).body.drift.state, 'changed')
    const { status, body } = await reconcile(service, direction)
    assert.deepEqual([status, body.drift], [200, null], JSON.stringify(body))
    assert.equal((await service.call('GET', clientPath)).body.drift, null)
    const columns = readRows(service.databasePath, 'select drift, drift_found_at from client')
    assert.deepEqual({ ...columns[0] }, { drift: null, drift_found_at: null })
  })

test('200: a change of what somebody has put right in the console ends that it is shown as drifted, and a new secret does not', async t => {
  const service = await start(t)
  await mark(service, 'changed', '2026-01-02T00:00:00.000Z')
  const rotated = await rotate(service)
  assert.deepEqual([rotated.status, rotated.body.drift.state], [201, 'changed'])
  assert.equal((await update(service, { name: 'Shop' })).body.drift, null)
})

test('200: what somebody has put right in the console is not shown as drifted after either direction, and PingFederate is not written to', async t => {
  const service = await start(t)
  for (const direction of ['reapply', 'accept']) {
    await mark(service, 'reenabled', '2026-01-02T00:00:00.000Z')
    const { status, body } = await reconcile(service, direction)
    assert.deepEqual([status, body.reconciled, body.drift], [200, [], null])
    assert.equal((await service.call('GET', clientPath)).body.drift, null)
  }
  assert.deepEqual(writesOf(service.calls), [])
  const events = readRows(
    service.databasePath,
    "select subject, outcome from audit_event where action = 'client.drift'",
  )
  assert.deepEqual(
    events.map(({ subject, outcome }) => [subject, outcome]),
    Array(2).fill(['payments-pipeline', 'resolved']),
  )
})
