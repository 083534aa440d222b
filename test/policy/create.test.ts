import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { type Answer, startTestService, type TestService } from '../service.ts'
import {
  clientIds,
  createKey,
  createUnderKey,
  recordCalls,
  sentClients,
  smallest,
} from '../web-session-clients/requests.ts'
import { example, writePolicyFile } from './files.ts'

const start = (t: TestContext, file: unknown = example, after?: TestService): Promise<TestService> =>
  startTestService(t, {
    env: { POLICY_FILE: writePolicyFile(t, file).path },
    ...(after && { after }),
  })

/** As in the example, but the payments team is held to other hosts. */
const otherHosts = {
  ...example,
  teams: { payments: { ...example.teams.payments, hosts: ['other.example.com'] } },
}

const create = ({ call }: TestService, body: unknown, others = {}): Promise<Answer> =>
  call('POST', '/web-session-clients', { body, ...others })

test('201 for what the policy allows, completed by its defaults', async t => {
  const service = await start(t)
  const calls = recordCalls(service.sandbox)
  const { status, body } = await create(service, smallest)
  assert.equal(status, 201, JSON.stringify(body))
  assert.deepEqual(body.scopes, ['openid', 'profile', 'email'])
  assert.equal(body.oidcPolicy, 'default')
  assert.equal(body.accessTokenManager, 'jwt')
  assert.equal(body.retrieval.redeemableBy, 'requester')
  const [sent] = sentClients(calls)
  assert.deepEqual(
    [sent?.['restrictScopes'], sent?.['restrictedScopes']],
    [true, ['openid', 'profile', 'email']],
  )
})

test('403 with every refused part at once: its place, what is allowed, the rule and who may change it', async t => {
  const service = await start(t)
  const calls = recordCalls(service.sandbox)
  const { status, body } = await create(service, {
    clientId: 'pa_wam',
    pingAccessUrls: ['https://pay.example.com/shop', 'https://evilpay.example.com:9000/x'],
    scopes: ['profile', 'admin'],
    oidcPolicy: 'lax',
    accessTokenManager: 'opaque',
    retrieval: { ttlSeconds: 7200, redeemableBy: 'team' },
  })
  assert.equal(status, 403)
  assert.equal(body.code, 'not_allowed_by_policy')
  assert.ok(body.detail.includes('payments') && body.detail.includes(example.changeableBy))
  assert.deepEqual(
    body.violations.map((each: Record<string, unknown>) => [
      each['pointer'],
      each['rule'],
      each['value'],
      each['policyRule'],
    ]),
    [
      ['/pingAccessUrls/1', 'allowed_hosts', 'evilpay.example.com', '/teams/payments/hosts'],
      ['/pingAccessUrls/1', 'allowed_ports', 9000, '/teams/payments/ports'],
      ['/pingAccessUrls/1', 'allowed_context_roots', '/x', '/teams/payments/contextRoots'],
      ['/scopes/1', 'allowed_scopes', 'admin', '/teams/payments/scopes'],
      ['/oidcPolicy', 'allowed_oidc_policies', 'lax', '/teams/payments/oidcPolicies'],
      [
        '/accessTokenManager',
        'allowed_access_token_managers',
        'opaque',
        '/teams/payments/accessTokenManagers',
      ],
      ['/retrieval/redeemableBy', 'allowed_redeemers', 'team', '/teams/payments/retrieval/redeemableBy'],
      ['/retrieval/ttlSeconds', 'retrieval_ttl_bounds', 7200, '/defaults/retrieval/ttlSeconds'],
    ],
  )
  for (const { changeableBy, fix } of body.violations) {
    assert.equal(changeableBy, example.changeableBy)
    assert.ok(fix.includes(example.changeableBy))
  }
  assert.ok(body.violations[0].fix.includes('*.pay.example.com'))
  assert.deepEqual(calls, [])
  assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 404)
})

test('403 for a team that is not named where the defaults allow nothing, whatever another team may', async t => {
  const service = await start(t)
  const { status, body } = await create(service, smallest, { as: 'shop-pipeline' })
  assert.equal(status, 403)
  assert.deepEqual(
    body.violations.map((each: { rule: string; policyRule: string }) => [each.rule, each.policyRule]),
    [
      ['allowed_hosts', '/defaults/hosts'],
      ['allowed_ports', '/defaults/ports'],
    ],
  )
  assert.ok(!JSON.stringify(body).includes('pay.example.com'))
})

test('422 before 403: what breaks rules is not judged by the policy', async t => {
  const service = await start(t)
  const { status, body } = await create(service, {
    clientId: 'pa_wam',
    pingAccessUrls: ['http://other.example.com'],
  })
  assert.deepEqual([status, body.code], [422, 'validation_failed'])
})

test('403 for a dry run of what a create would be refused, and 200 for what it would not', async t => {
  const service = await start(t)
  const dryRun = (body: unknown) => service.call('POST', '/web-session-clients?dryRun=true', { body })
  const refused = { ...smallest, pingAccessUrls: ['https://other.example.com'] }
  const { instance: _, ...foreseen } = (await dryRun(refused)).body
  const { instance: __, ...answered } = (await create(service, refused)).body
  assert.equal(answered.code, 'not_allowed_by_policy')
  assert.deepEqual(foreseen, answered)
  const { status, body } = await dryRun(smallest)
  assert.equal(status, 200)
  const scopes = body.settings.find((each: { pointer: string }) => each.pointer === '/scopes')
  assert.equal(scopes.source, 'policy')
  assert.ok(scopes.reason.includes('/teams/payments/scopes'))
})

test('201 again for a key whose create succeeded before the policy changed, 403 for a new one', async t => {
  const first = await start(t)
  const key = createKey()
  const created = await createUnderKey(first, key)
  assert.equal(created.status, 201)
  await first.stop()
  const second = await start(t, otherHosts, first)
  assert.deepEqual((await createUnderKey(second, key)).body, created.body)
  const another = await createUnderKey(second, createKey(), { body: { ...smallest, clientId: 'other' } })
  assert.equal(another.status, 403)
  assert.deepEqual(clientIds(second.sandbox), ['pa_wam'])
})

test('403 does not use up a key: once the policy allows it, the same request is answered 201', async t => {
  const first = await start(t, otherHosts)
  const key = createKey()
  assert.equal((await createUnderKey(first, key)).status, 403)
  await first.stop()
  assert.equal((await createUnderKey(await start(t, example, first), key)).status, 201)
})

test('200: a token that was issued before the policy changed is redeemed', async t => {
  const first = await start(t)
  const { body } = await create(first, smallest)
  await first.stop()
  const second = await start(t, otherHosts, first)
  const redeemed = await second.call('POST', '/secret-retrievals', { body: { token: body.retrieval.token } })
  assert.equal(redeemed.status, 200)
})

test('422 for bearer where only the policy allows it: it does not widen the configuration', async t => {
  const service = await start(t, {
    ...example,
    teams: { payments: { ...example.teams.payments, retrieval: { redeemableBy: ['bearer', 'team'] } } },
  })
  const asked = await create(service, { ...smallest, retrieval: { redeemableBy: 'bearer' } })
  assert.deepEqual([asked.status, asked.body.violations[0].rule], [422, 'bearer_redemption_disabled'])
  assert.equal((await create(service, smallest)).body.retrieval.redeemableBy, 'team')
})

test('403 is in the audit trail with the team and every rule behind it, and a dry run leaves nothing there', async t => {
  const service = await start(t, otherHosts)
  const clientId = 'paymentsportalproductioneurope'
  const body = { ...smallest, clientId }
  assert.equal((await create(service, body)).status, 403)
  assert.equal((await service.call('POST', '/web-session-clients?dryRun=true', { body })).status, 403)
  using database = new DatabaseSync(service.databasePath)
  const events = database
    .prepare('select action, outcome, reason, rule, team, client_id from audit_event')
    .all()
  assert.deepEqual(
    events.map(event => ({ ...event })),
    [
      {
        action: 'client.create',
        outcome: 'refused',
        reason: 'not_allowed_by_policy',
        rule: '/teams/payments/hosts',
        team: 'payments',
        client_id: clientId,
      },
    ],
  )
})
