import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { usePostgresServer } from '../database/postgres-server.ts'
import { writePolicyFile } from '../policy/files.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startReplica, startTestService } from '../service.ts'
import { drift, edit } from './drifts.ts'
import { declared, ensure } from './ensures.ts'
import { createKey, fullest, recordCalls, smallest, writesOf } from './requests.ts'
import { readTables } from './tables.ts'
import { clientPath, readTag, update } from './updates.ts'

const server = usePostgresServer()

const start = async (t: TestContext, env: Record<string, string> = {}) => {
  const service = await startTestService(t, { env })
  return { ...service, calls: recordCalls(service.sandbox) }
}

test('201 the first time, as a create: a token that works, the address, the tag', async t => {
  const service = await start(t)
  const { status, body, headers } = await ensure(service)
  assert.equal(status, 201, JSON.stringify(body))
  const { body: other } = await service.call('POST', '/web-session-clients', {
    body: { ...smallest, clientId: 'other' },
  })
  assert.deepEqual(Object.keys(body), Object.keys(other))
  assert.equal(headers.get('location'), clientPath)
  assert.equal(headers.get('etag'), await readTag(service))
  assert.equal((await redeem(service, body.retrieval.token)).status, 200)
})

test('200 the second time, without a token, and without a write to PingFederate or the database', async t => {
  const service = await start(t)
  await ensure(service)
  const tag = await readTag(service)
  const before = readTables(service)
  service.calls.length = 0
  for (const body of [
    declared,
    { clientId: 'pa_wam', ...declared },
    { ...declared, retrieval: { ttlSeconds: 60 } },
  ]) {
    const answer = await ensure(service, body)
    assert.deepEqual([answer.status, answer.body.changes, answer.headers.get('etag')], [200, [], tag])
    assert.equal(answer.body.retrieval, undefined)
  }
  assert.deepEqual(writesOf(service.calls), [])
  assert.deepEqual(readTables(service), before)
})

test('200: what is declared otherwise changes and is told, and what is left out goes back to its default', async t => {
  const service = await start(t)
  const { clientId, team, retrieval, ...all } = fullest
  await ensure(service, { ...all, clientId: 'pa_wam' })
  const { status, body } = await ensure(service, { ...declared, name: 'Shop' })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(
    body.changes.map(({ pointer }: { pointer: string }) => pointer).toSorted(),
    [
      'name',
      'description',
      'pingAccessUrls',
      'callbackUnder',
      'redirectUris',
      'scopes',
      'requirePkce',
      'logout',
    ]
      .concat(['refreshTokens', 'grantTypes', 'oidcPolicy', 'accessTokenManager'])
      .map(name => `/${name}`)
      .toSorted(),
  )
  const { body: fresh } = await service.call('POST', '/web-session-clients', {
    body: { ...declared, name: 'Shop', clientId: 'other' },
  })
  for (const name of Object.keys(all)) assert.deepEqual(body[name], fresh[name], name)
  assert.equal((await drift(service)).drifted, false)
})

test('200: neither switches a client on, nor moves it, nor gives it a new secret', async t => {
  const service = await start(t)
  const token = await createRetrieval(service)
  await update(service, { enabled: false })
  const { body } = await ensure(service, { ...declared, name: 'Shop' }, { as: 'portal' })
  assert.deepEqual([body.enabled, body.team, body.status], [false, 'payments', 'disabled'])
  assert.equal((await redeem(service, token)).status, 200)
  const moved = await ensure(service, { ...declared, name: 'Shop', team: 'shop' }, { as: 'portal' })
  assert.equal(moved.body.team, 'shop')
})

test('201 again under its key where the answer got lost, with the same token; another body is refused', async t => {
  const service = await start(t)
  const headers = { 'idempotency-key': createKey() }
  const first = await ensure(service, declared, { headers })
  const again = await ensure(service, declared, { headers })
  assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [201, 'true'])
  assert.deepEqual(again.body, first.body)
  const other = await ensure(service, { ...declared, name: 'x' }, { headers })
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])
  const unkeyed = await ensure(
    service,
    { ...declared, name: 'x' },
    { headers: { 'idempotency-key': createKey() } },
  )
  assert.equal(unkeyed.status, 200)
})

test('200 for a caller in several teams who names none, with a key as without one', async t => {
  const service = await start(t)
  await ensure(service)
  for (const headers of [{}, { 'idempotency-key': createKey() }]) {
    const name = `Shop ${Object.keys(headers).length}`
    const { status, body } = await ensure(service, { ...declared, name }, { as: 'portal', headers })
    assert.deepEqual([status, body.name, body.team], [200, name, 'payments'], JSON.stringify(body))
  }
})

test('409 client_drifted: what was changed in the console is not overwritten unseen, also where nothing else is to change', async t => {
  const service = await start(t)
  await ensure(service)
  await edit(service, { enabled: false })
  service.calls.length = 0
  for (const body of [declared, { ...declared, name: 'Shop' }])
    for (const query of ['', '?dryRun=true']) {
      const refused = await ensure(service, body, { query })
      assert.deepEqual([refused.status, refused.body.code], [409, 'client_drifted'])
      assert.deepEqual(refused.body.differences, [{ pointer: '/enabled', expected: true, actual: false }])
    }
  assert.deepEqual(writesOf(service.calls), [])
})

test('409: an id of another team is taken, and nothing of its client is told', async t => {
  const service = await start(t)
  await ensure(service)
  const refused = await ensure(service, declared, { as: 'shop-pipeline' })
  assert.deepEqual([refused.status, refused.body.code], [409, 'client_id_taken'])
  assert.doesNotMatch(JSON.stringify(refused.body), /payments/)
})

test('412 with If-Match that is not met, and 422 with every violation at once, before and after the client is there', async t => {
  const service = await start(t)
  const wrong = {
    clientId: 'other',
    name: null,
    pingAccessUrls: ['http://a'],
    retrieval: { ttlSeconds: 1e6 },
  }
  const told = async () => {
    const { status, body } = await ensure(service, wrong)
    const rules = body.violations.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`)
    return [status, ...rules.toSorted()]
  }
  const before = await told()
  assert.deepEqual(before, [
    422,
    '/clientId same_as_path',
    '/name type',
    '/pingAccessUrls/0 https_only',
    '/retrieval/ttlSeconds maximum',
    '/retrieval/ttlSeconds retrieval_ttl_maximum',
  ])
  const absent = await ensure(service, declared, { headers: { 'if-match': '*' } })
  assert.deepEqual([absent.status, absent.body.code], [412, 'precondition_failed'])
  await ensure(service)
  assert.deepEqual(await told(), before)
  for (const body of [[], [7]]) assert.equal((await ensure(service, body)).status, 422)
  const stale = await ensure(service, { ...declared, name: 'x' }, { headers: { 'if-match': '"0"' } })
  assert.deepEqual([stale.status, stale.body.code], [412, 'precondition_failed'])
})

for (const engine of ['SQLite', 'PostgreSQL'] as const)
  test(`of many at once one makes the client and the others find it, over two replicas, on ${engine}`, async t => {
    const database = engine === 'SQLite' ? undefined : await server.createDatabase(t)
    const service = await startTestService(t, database === undefined ? {} : { database })
    const other = engine === 'SQLite' ? service : await startReplica(t, service)
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => ensure(index % 2 ? service : other)),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    assert.equal(statuses.filter(status => status === 201).length, 1, String(statuses))
    for (const { status, body } of answers)
      assert.ok([200, 201].includes(status) || body.code === 'operation_in_progress', JSON.stringify(body))
    assert.equal((await ensure(other)).status, 200)
    assert.equal(service.sandbox.pingFederate.clients().length, 1)
  })

test('a policy that allows less than before leaves alone what is declared as it was', async t => {
  const rules = {
    ports: 'any',
    contextRoots: 'any',
    scopes: 'any',
    oidcPolicies: 'any',
    accessTokenManagers: 'any',
  }
  const toFile = (hosts: unknown) => ({
    changeableBy: 'IAM team',
    defaults: { ...rules, hosts, retrieval: { redeemableBy: ['team'] } },
  })
  const policy = writePolicyFile(t, toFile('any'))
  const before = await start(t, { POLICY_FILE: policy.path })
  await ensure(before)
  await before.stop()
  policy.write(toFile(['new.example.com']))
  const service = await startTestService(t, { after: before, env: { POLICY_FILE: policy.path } })
  assert.equal((await ensure(service)).status, 200)
  const refused = await ensure(service, { pingAccessUrls: ['https://old.example.com'] })
  assert.deepEqual([refused.status, refused.body.code], [403, 'not_allowed_by_policy'])
})

const mostly = (good: unknown[], bad: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  )

const body = fc.record(
  {
    pingAccessUrls: mostly(
      [['https://a.example'], ['https://a.example', 'https://b.example:8443/shop']],
      [['http://a.example'], []],
    ),
    name: mostly(['Shop', 'x'], ['', ' x']),
    callbackUnder: fc.constantFrom('host', 'contextRoot'),
    scopes: mostly([['profile'], ['email', 'openid']], [['nowhere']]),
    requirePkce: fc.boolean(),
    refreshTokens: fc.boolean(),
    logout: fc.constantFrom('none', 'pingaccess'),
    oidcPolicy: mostly(['default'], ['nowhere']),
    accessTokenManager: mostly(['jwt'], ['nowhere']),
  },
  { requiredKeys: ['pingAccessUrls'] },
)

test('a dry run is ok exactly when the PUT is, what is answered is what PingFederate has, and a second PUT writes nothing', async t => {
  const service = await start(t)
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(body, async asked => {
      const { status: foreseen } = await ensure(service, asked, { query: '?dryRun=true' })
      const { status, body: told } = await ensure(service, asked)
      assert.equal(foreseen, status === 201 ? 200 : status, JSON.stringify([asked, told]))
      if (status >= 300) return
      accepted += 1
      const { scopes, ...others } = asked
      for (const [name, value] of Object.entries(others)) assert.deepEqual(told[name], value, name)
      assert.deepEqual((await drift(service)).differences, [])
      service.calls.length = 0
      const again = await ensure(service, asked)
      assert.deepEqual([again.status, again.body.changes, writesOf(service.calls)], [200, [], []])
    }),
    { numRuns: 60 },
  )
  assert.ok(accepted > 5, String(accepted))
})
