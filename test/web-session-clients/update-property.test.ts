import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { writePolicyFile } from '../policy/files.ts'
import { type Answer, startTestService, type TestService } from '../service.ts'
import { field, refusalOf, urls } from './properties.ts'
import { recordCalls, smallest, writesOf } from './requests.ts'
import { readTables } from './tables.ts'
import { clientPath, readTag, update } from './updates.ts'

/** What a merge patch can bring, null for the default where there is one. */
const patch = fc.record(
  {
    enabled: field([true, false], [null, 'false', 0]),
    pingAccessUrls: urls,
    callbackUnder: field(['host', 'contextRoot', null], ['root', 1]),
    name: field(['Payments portal', 'x', null], ['', ' x', 'a\nb', 7]),
    description: field(['Payments', null], ['', 'a\u202eb', {}]),
    team: field(['payments', 'shop'], ['', 'nobody', null]),
    scopes: field(
      [['profile'], ['email', 'openid'], null],
      [[], ['nowhere', 'profile'], ['a b'], ['a', 'a'], 'a'],
    ),
    requirePkce: field([true, false, null], ['true', 1]),
    logout: field(['none', 'pingaccess', null], ['all']),
    refreshTokens: field([true, false, null], [0]),
    oidcPolicy: field(['default', null], ['nowhere', 'a b']),
    accessTokenManager: field(['jwt', 'default', null], ['nowhere', '']),
  },
  { requiredKeys: [] },
)

const request = fc.record({
  body: fc.oneof(
    { weight: 20, arbitrary: patch },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, [], 7, { clientId: 'other' }, { unknown: 1 }) },
  ),
  as: fc.oneof(
    { weight: 4, arbitrary: fc.constant('payments-pipeline' as const) },
    { weight: 4, arbitrary: fc.constant('portal' as const) },
    { weight: 1, arbitrary: fc.constantFrom('shop-pipeline' as const, 'operator' as const) },
  ),
  tag: field(['current', '*'], ['"0"', 'unquoted', undefined]),
})

/** Refuses some of what is good without it, by each of its rules. */
const policy = {
  changeableBy: 'IAM team',
  defaults: {
    hosts: ['pay.example.com', 'mypingaccessserver'],
    ports: [443, 3000],
    contextRoots: 'any',
    scopes: ['profile', 'openid'],
    oidcPolicies: ['default', 'nowhere'],
    accessTokenManagers: ['jwt'],
    retrieval: { redeemableBy: ['team'] },
  },
  teams: { shop: { hosts: ['pay.example.com'] } },
}

type Sent = { body: unknown; as: 'payments-pipeline'; tag: unknown }

const send = async (service: TestService, { body, as, tag }: Sent, query = ''): Promise<Answer> => {
  const given = tag === 'current' ? await readTag(service, 'portal') : tag
  return given === undefined
    ? service.call('PATCH', clientPath + query, { as, body })
    : update(service, body, { as, tag: String(given), query })
}

/** What is answered is what is read, and what PingFederate has; the same patch once more changes nothing. */
const checkAccepted = async (service: TestService, { body }: Answer, patched: Sent): Promise<void> => {
  const read = await service.call('GET', clientPath, { as: 'operator' })
  const { retrieval, secretChangedAt, previousSecretEndsAt, secretDueAt, ...client } = read.body
  assert.deepEqual(client, body)
  const { drifted, differences } = (await service.call('GET', `${clientPath}/drift`, { as: 'operator' })).body
  assert.deepEqual([drifted, differences], [false, []])
  const calls = recordCalls(service.sandbox)
  const again = await send(service, { ...patched, as: 'operator' as never, tag: '*' })
  assert.deepEqual([again.status, again.headers.get('etag')], [200, read.headers.get('etag')])
  assert.deepEqual(writesOf(calls), [])
}

type Both = { sent: Sent; dry: Answer; real: Answer; written: ReturnType<typeof writesOf> }

const checkBoth = async (service: TestService, { sent, dry, real, written }: Both): Promise<void> => {
  if (real.status === 200) {
    assert.equal(dry.status, 200, JSON.stringify(dry.body))
    assert.equal(written.length, dry.body.changes.length > 0 ? 1 : 0)
    return checkAccepted(service, real, sent)
  }
  assert.deepEqual(refusalOf(dry), refusalOf(real))
  assert.ok(real.status >= 400 && real.status < 500, JSON.stringify(real.body))
  const done = written.filter(({ status }) => status === 200)
  assert.deepEqual(done, [])
}

const checkProperty = async (t: TestContext, env: Record<string, string>): Promise<void> => {
  const service = await startTestService(t, { env })
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
  const calls = recordCalls(service.sandbox)
  const counts: Record<string, number> = {}
  await fc.assert(
    fc.asyncProperty(request, async generated => {
      const sent = generated as Sent
      const before = readTables(service)
      calls.length = 0
      const dry = await send(service, sent, '?dryRun=true')
      assert.deepEqual(writesOf(calls), [], 'PingFederate is only read')
      assert.deepEqual(readTables(service), before, 'no table is changed')
      const real = await send(service, sent)
      await checkBoth(service, { sent, dry, real, written: writesOf(calls) })
      // Back to where most callers of the next ones are; an operator may have moved it to where none of them is.
      if (real.status === 200 && real.body.team !== 'payments')
        await update(service, { team: 'payments' }, { as: 'operator' })
      const outcome = real.status === 200 ? 'changed' : real.body.code
      counts[outcome] = (counts[outcome] ?? 0) + 1
    }),
    { numRuns: 120 },
  )
  t.diagnostic(JSON.stringify(counts))
  assert.ok((counts['changed'] ?? 0) > 0 && Object.keys(counts).length > 2, 'good and bad ones were sent')
}

test('a dry run is ok exactly when the PATCH is, else both are refused alike; what was accepted is what PingFederate has', t =>
  checkProperty(t, {}))

test('that holds under a policy, which refuses a dry run as it refuses the PATCH', t =>
  checkProperty(t, { POLICY_FILE: writePolicyFile(t, policy).path }))
