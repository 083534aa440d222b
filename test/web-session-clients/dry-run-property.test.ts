import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { writePolicyFile } from '../policy/files.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { startTestService, type TestService } from '../service.ts'
import { field, refusalOf, urls } from './properties.ts'
import { recordCalls, writesOf } from './requests.ts'
import { readTables } from './tables.ts'

const body = fc.record(
  {
    clientId: field(
      ['new-client', 'another.client', 'taken-by-payments', 'taken-by-shop', 'made-by-hand'],
      ['a b', '', 'wscrt_x', 'x'.repeat(65), 5, null],
    ),
    pingAccessUrls: urls,
    name: field(['Payments portal', 'x'], ['', ' x', 'a\nb', 7]),
    description: field(['Payments'], ['', 'a\u202eb', {}]),
    team: field(['payments'], ['shop', '', 'nobody']),
    scopes: field(
      [['profile'], ['email', 'openid']],
      [[], ['nowhere', 'profile', 'elsewhere'], ['a b'], ['a', 'a'], 'a'],
    ),
    requirePkce: field([true, false], ['true', 1]),
    logout: field(['none', 'pingaccess'], ['all', null]),
    refreshTokens: field([true, false], [0]),
    oidcPolicy: field(['default'], ['nowhere', 'a b']),
    accessTokenManager: field(['jwt', 'default'], ['nowhere', '']),
    retrieval: field(
      [{}, { ttlSeconds: 60 }, { redeemableBy: 'requester' }],
      [{ ttlSeconds: 86_401 }, { redeemableBy: 'bearer' }, { ttlSeconds: 1.5, x: 1 }, 5],
    ),
    unknownField: fc.constant(1),
  },
  { requiredKeys: ['clientId', 'pingAccessUrls'] },
)

const request = fc.record({
  // Most requests have no such field at all.
  body: fc.tuple(body, fc.integer({ min: 0, max: 9 })).map(([{ unknownField, ...fields }, dice]) => ({
    ...fields,
    ...(dice === 0 && { unknownField }),
  })),
  as: fc.oneof(
    { weight: 5, arbitrary: fc.constant('payments-pipeline' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('shop-pipeline' as const, 'portal' as const, 'operator' as const),
    },
  ),
  key: field([null, 'k'.repeat(16)], ['short']),
})

/** A service with a client of each kind that can stand in the way. */
const startWithClients = async (t: TestContext, env: Record<string, string>): Promise<TestService> => {
  const service = await startTestService(t, { env })
  const pingAccessUrls = ['https://pay.example.com/taken']
  for (const [clientId, as] of [
    ['taken-by-payments', 'payments-pipeline'],
    ['taken-by-shop', 'shop-pipeline'],
  ] as const) {
    const answer = await service.call('POST', '/web-session-clients', {
      as,
      body: { clientId, pingAccessUrls },
    })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
  }
  await callAdminApi(service.sandbox, 'POST', '/oauth/clients', { ...paWam, clientId: 'made-by-hand' })
  return service
}

/** Refuses some of what is good without it, by each of its rules, and at last every further client. */
const policy = {
  changeableBy: 'IAM team',
  defaults: {
    hosts: ['pay.example.com', 'xn--bcher-kva.example'],
    ports: [443, 8443],
    contextRoots: 'any',
    scopes: ['profile', 'email'],
    oidcPolicies: ['default', 'nowhere'],
    accessTokenManagers: ['jwt'],
    retrieval: { redeemableBy: ['team'], ttlSeconds: { minimum: 60, maximum: 600 } },
    limits: { clients: 12 },
  },
}

const toKeyHeader = (key: unknown, run: number): Record<string, string> =>
  typeof key === 'string' ? { 'idempotency-key': key === 'short' ? key : `${key}${run}` } : {}

const checkProperty = async (t: TestContext, env: Record<string, string>, numRuns: number): Promise<void> => {
  const service = await startWithClients(t, env)
  const calls = recordCalls(service.sandbox)
  const counts: Record<string, number> = {}
  let run = 0
  await fc.assert(
    fc.asyncProperty(request, async ({ body: generated, as, key }) => {
      run += 1
      const isNew = ['new-client', 'another.client'].includes(String(generated.clientId))
      const options = {
        as,
        body: { ...generated, ...(isNew && { clientId: `${generated.clientId}-${run}` }) },
        // A key of its own each time: what a key repeats is not what a dry run foresees.
        headers: toKeyHeader(key, run),
      }
      const before = readTables(service)
      calls.length = 0
      const dry = await service.call('POST', '/web-session-clients?dryRun=true', options)
      assert.deepEqual(writesOf(calls), [], 'PingFederate is only read')
      assert.deepEqual(readTables(service), before, 'no table is changed')
      const real = await service.call('POST', '/web-session-clients', options)
      assert.notEqual(real.status, 500)
      if (real.status === 201) assert.equal(dry.status, 200, JSON.stringify(dry.body))
      else assert.deepEqual(refusalOf(dry), refusalOf(real))
      const outcome = real.status === 201 ? 'created' : real.body.code
      counts[outcome] = (counts[outcome] ?? 0) + 1
    }),
    { numRuns },
  )
  t.diagnostic(JSON.stringify(counts))
  assert.ok((counts['created'] ?? 0) > 0 && Object.keys(counts).length > 2, 'good and bad ones were sent')
}

test('a dry run is ok exactly when the create is, else both are refused alike; and it writes nothing', t =>
  checkProperty(t, {}, 120))

test('that holds under a policy, which refuses a dry run as it refuses the create', t =>
  checkProperty(t, { POLICY_FILE: writePolicyFile(t, policy).path }, 120))
