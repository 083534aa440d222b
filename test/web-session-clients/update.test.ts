import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usePostgresServer } from '../database/postgres-server.ts'
import { writePolicyFile } from '../policy/files.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startReplica, startTestService, withoutRequestId } from '../service.ts'
import { fullest, recordCalls, smallest, writesOf } from './requests.ts'
import { createInUse, logsIn } from './rotations.ts'
import { readTables } from './tables.ts'
import { clientPath, readTag, update } from './updates.ts'

const server = usePostgresServer()
const pingFederatePath = '/oauth/clients/pa_wam'

const violationsOf = ({ status, body }: Answer): unknown[] => [
  status,
  body.code,
  ...(body.violations ?? []).map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`).sort(),
]

/** The example of every field that can be changed. */
const everything = {
  ...{ name: 'Payments portal', description: 'Payments behind PingAccess', callbackUnder: 'contextRoot' },
  pingAccessUrls: ['https://pay.example.com', 'https://pay.example.com:8443/shop'],
  ...{ scopes: ['profile', 'email'], requirePkce: true, logout: 'pingaccess', refreshTokens: true },
  ...{ oidcPolicy: 'default', accessTokenManager: 'jwt' },
}

test('200: what is sent changes, here and in PingFederate, and GET answers the same under the same tag', async t => {
  const service = await startTestService(t)
  const created = await service.call('POST', '/web-session-clients', { body: smallest })
  const { retrieval, ...before } = created.body
  const { status, body, headers } = await update(service, { requirePkce: true, name: 'Shop' })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body, { ...before, requirePkce: true, name: 'Shop', updatedAt: body.updatedAt })
  assert.equal(headers.get('cache-control'), 'no-store')
  const read = await service.call('GET', clientPath)
  const { retrieval: _, secretChangedAt, previousSecretEndsAt, secretDueAt, ...client } = read.body
  assert.deepEqual(client, body)
  assert.equal(read.headers.get('etag'), headers.get('etag'))
  assert.notEqual(headers.get('etag'), created.headers.get('etag'))
  const [found] = service.sandbox.pingFederate.clients()
  assert.deepEqual([found?.name, found?.requireProofKeyForCodeExchange], ['Shop', true])
})

test('200: every field can be set, and null brings each back to what a create would have chosen', async t => {
  const service = await startTestService(t)
  const { body: before } = await service.call('POST', '/web-session-clients', { body: smallest })
  const [fresh] = service.sandbox.pingFederate.clients()
  const { body: set } = await update(service, everything)
  for (const [name, value] of Object.entries(everything))
    assert.deepEqual(set[name], name === 'scopes' ? ['openid', 'profile', 'email'] : value, name)
  const { team, retrieval, clientId, ...comparable } = fullest
  const other = await service.call('POST', '/web-session-clients', {
    body: { ...comparable, clientId: 'other' },
  })
  for (const name of ['redirectUris', 'grantTypes']) assert.deepEqual(set[name], other.body[name], name)
  const nulls = Object.fromEntries(Object.keys(everything).map(name => [name, null]))
  const { status, body: back } = await update(service, { ...nulls, pingAccessUrls: smallest.pingAccessUrls })
  assert.equal(status, 200, JSON.stringify(back))
  const { retrieval: __, ...expected } = before
  assert.deepEqual(back, { ...expected, updatedAt: back.updatedAt })
  const [found] = service.sandbox.pingFederate.clients()
  const { description, modificationDate, ...now } = { ...found } as Record<string, unknown>
  const { description: ___, modificationDate: ____, ...then } = { ...fresh } as Record<string, unknown>
  assert.deepEqual(now, then)
})

test('200: what is not managed here goes back to PingFederate byte for byte, the secret with it', async t => {
  const service = await startTestService(t)
  const secret = await createInUse(service)
  const { body: raw } = await callAdminApi(service.sandbox, 'GET', pingFederatePath)
  const edited = { ...raw, logoUrl: 'https://example.com/logo.png', persistentGrantExpirationTime: 7 }
  assert.equal((await callAdminApi(service.sandbox, 'PUT', pingFederatePath, edited)).status, 200)
  const read = async () => {
    const { description, clientAuth, modificationDate, requireProofKeyForCodeExchange, ...others } = (
      await callAdminApi(service.sandbox, 'GET', pingFederatePath)
    ).body as Record<string, unknown>
    return JSON.stringify(others)
  }
  const before = await read()
  assert.equal((await update(service, { requirePkce: true })).status, 200)
  assert.equal(await read(), before)
  assert.match(before, /logo\.png/)
  assert.equal(await logsIn(service, secret), true)
})

test('200: switched off nobody logs in, and switched on again the same secret works', async t => {
  const service = await startTestService(t)
  const secret = await createInUse(service)
  const off = await update(service, { enabled: false })
  assert.deepEqual([off.status, off.body.enabled, off.body.status], [200, false, 'disabled'])
  // Not for its secret: the login page does not know the client.
  await assert.rejects(logsIn(service, secret))
  const disabledAt = () =>
    readRows(service.databasePath, 'select disabled_at from client')[0]?.['disabled_at']
  const since = disabledAt()
  assert.equal(typeof since, 'string')
  await update(service, { name: 'Shop' })
  assert.equal(disabledAt(), since)
  const on = await update(service, { enabled: true })
  assert.deepEqual([on.body.enabled, on.body.status, disabledAt()], [true, 'ready', null])
  assert.equal(await logsIn(service, secret), true)
})

test('200: a change of nothing writes nothing, and keeps the tag', async t => {
  const service = await startTestService(t)
  const created = await service.call('POST', '/web-session-clients', { body: smallest })
  const before = readTables(service)
  const calls = recordCalls(service.sandbox)
  for (const body of [{}, { requirePkce: false }, { ...smallest, clientId: undefined }, { scopes: null }]) {
    const { status, headers } = await update(service, body)
    assert.deepEqual([status, headers.get('etag')], [200, created.headers.get('etag')])
  }
  assert.deepEqual(writesOf(calls), [])
  assert.deepEqual(readTables(service), before)
})

test('200: the type may be that of a merge patch, and with POST it may not', async t => {
  const service = await startTestService(t)
  const headers = { 'content-type': 'application/merge-patch+json' }
  const refused = await service.call('POST', '/web-session-clients', { body: smallest, headers })
  assert.deepEqual([refused.status, refused.body.code], [415, 'unsupported_media_type'])
  await service.call('POST', '/web-session-clients', { body: smallest })
  assert.equal((await update(service, { name: 'Shop' }, { headers })).body.name, 'Shop')
})

test('200: the client moves to another team of the caller’s, and its token with it', async t => {
  const service = await startTestService(t)
  const { body } = await service.call('POST', '/web-session-clients', {
    body: { ...smallest, team: 'payments' },
  })
  const moved = await update(service, { team: 'shop' }, { as: 'portal' })
  assert.deepEqual([moved.status, moved.body.team], [200, 'shop'], JSON.stringify(moved.body))
  assert.equal((await service.call('GET', clientPath)).status, 404)
  const { token } = body.retrieval
  assert.equal((await redeem(service, token)).status, 404)
  assert.equal((await redeem(service, token, { as: 'portal' })).status, 200)
  const [found] = service.sandbox.pingFederate.clients()
  assert.match(String(found?.description), /^Web session client of shop \[/)
})

test('403: not to a team that is not the caller’s, nor to one whose policy does not allow the client or has no place left', async t => {
  const any = { hosts: 'any', ports: 'any', contextRoots: 'any', scopes: 'any' }
  const policy = writePolicyFile(t, {
    changeableBy: 'IAM team',
    defaults: {
      ...any,
      oidcPolicies: 'any',
      accessTokenManagers: 'any',
      retrieval: { redeemableBy: ['team'] },
    },
    teams: { shop: { hosts: ['shop.example.com'], limits: { clients: 1 } } },
  })
  const service = await startTestService(t, { env: { POLICY_FILE: policy.path } })
  await service.call('POST', '/web-session-clients', { body: smallest })
  const calls = recordCalls(service.sandbox)
  const foreign = await update(service, { team: 'shop' })
  assert.deepEqual([foreign.status, foreign.body.code], [403, 'team_not_yours'])
  const only = { clientId: 'only', pingAccessUrls: ['https://shop.example.com'] }
  assert.equal(
    (await service.call('POST', '/web-session-clients', { body: only, as: 'shop-pipeline' })).status,
    201,
  )
  const move = (others = {}) => update(service, { team: 'shop', ...others }, { as: 'portal' })
  assert.deepEqual(violationsOf(await move()), [
    403,
    'not_allowed_by_policy',
    '/pingAccessUrls/0 allowed_hosts',
  ])
  const full = await move({ pingAccessUrls: ['https://shop.example.com'] })
  assert.deepEqual(violationsOf(full), [403, 'not_allowed_by_policy', '/team clients_per_team'])
  assert.equal(writesOf(calls).length, 1)
})

test('200: what the policy does not allow any more stays while it is not changed', async t => {
  const policy = writePolicyFile(t, {
    changeableBy: 'IAM team',
    defaults: {
      hosts: ['new.example.com'],
      ports: 'any',
      contextRoots: 'any',
      scopes: ['profile'],
      oidcPolicies: [],
      accessTokenManagers: [],
      retrieval: { redeemableBy: ['team'] },
    },
  })
  const before = await startTestService(t)
  await before.call('POST', '/web-session-clients', { body: smallest })
  await before.stop()
  const service = await startTestService(t, { after: before, env: { POLICY_FILE: policy.path } })
  const named = await update(service, { name: 'Shop' })
  assert.deepEqual([named.status, named.body.scopes], [200, null], JSON.stringify(named.body))
  const refused = await update(service, { pingAccessUrls: ['https://old.example.com'], scopes: ['email'] })
  assert.deepEqual(violationsOf(refused), [
    403,
    'not_allowed_by_policy',
    '/pingAccessUrls/0 allowed_hosts',
    '/scopes/0 allowed_scopes',
  ])
  assert.deepEqual((await update(service, { scopes: null })).body.scopes, ['openid', 'profile'])
})

test('428 without If-Match, 412 with a tag that is not its own any more, which the answer brings', async t => {
  const service = await startTestService(t)
  const created = await service.call('POST', '/web-session-clients', { body: smallest })
  const calls = recordCalls(service.sandbox)
  const missing = await service.call('PATCH', clientPath, { body: { name: 'Shop' } })
  assert.deepEqual([missing.status, missing.body.code], [428, 'precondition_required'])
  const first = created.headers.get('etag') ?? ''
  for (const tag of ['"0"', `W/${first}`, '"a", "b"']) {
    const stale = await update(service, { name: 'Shop' }, { tag })
    assert.deepEqual(
      [stale.status, stale.body.code, stale.headers.get('etag')],
      [412, 'precondition_failed', first],
    )
  }
  assert.deepEqual(calls, [])
  assert.equal((await update(service, { name: 'Any' }, { tag: '*' })).status, 200)
  const listed = `"a", ${await readTag(service)}`
  assert.equal((await update(service, { name: 'Listed' }, { tag: listed })).status, 200)
  assert.equal((await update(service, { name: 'Shop' }, { tag: first })).status, 412)
})

test('422: every violation at once, those of If-Match, fields and URLs', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const refused = await update(
    service,
    { clientId: 'other', name: 7, team: null, pingAccessUrls: ['http://a'], enabled: null, logout: 'x' },
    { tag: 'abc' },
  )
  assert.deepEqual(violationsOf(refused), [
    422,
    'validation_failed',
    '/clientId known_names',
    '/enabled type',
    '/if-match entity_tag',
    '/logout enum',
    '/name type',
    '/pingAccessUrls/0 https_only',
    '/team type',
  ])
})

test('404: of another team, in the same words as for none', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const foreign = await update(service, { name: 'Shop' }, { as: 'shop-pipeline', tag: '*' })
  const none = await service.call('PATCH', '/web-session-clients/none', {
    ...{ as: 'shop-pipeline', body: { name: 'Shop' }, headers: { 'if-match': '*' } },
  })
  assert.equal(foreign.status, 404)
  assert.deepEqual(withoutRequestId(foreign), withoutRequestId(none))
})

test('409: what was changed in the console is answered field by field, and stays', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const { body: raw } = await callAdminApi(service.sandbox, 'GET', pingFederatePath)
  const edited = { ...raw, requireProofKeyForCodeExchange: true, redirectUris: ['https://a.example/cb'] }
  await callAdminApi(service.sandbox, 'PUT', pingFederatePath, edited)
  const calls = recordCalls(service.sandbox)
  for (const query of ['', '?dryRun=true']) {
    const { status, body } = await update(service, { name: 'Shop' }, { query })
    assert.deepEqual([status, body.code], [409, 'client_drifted'])
    assert.deepEqual(body.differences, [
      {
        pointer: '/redirectUris',
        expected: ['https://mypingaccessserver:3000/pa/oidc/cb'],
        actual: ['https://a.example/cb'],
      },
      { pointer: '/requirePkce', expected: false, actual: true },
    ])
  }
  assert.equal((await update(service, {})).body.code, 'client_drifted')
  assert.deepEqual(writesOf(calls), [])
})

for (const engine of ['SQLite', 'PostgreSQL'] as const)
  test(`81: of two changes with one tag one is 200 and one 412, one after the other and at once, over two replicas, on ${engine}`, async t => {
    const database = engine === 'SQLite' ? undefined : await server.createDatabase(t)
    const service = await startTestService(t, database === undefined ? {} : { database })
    const other = engine === 'SQLite' ? service : await startReplica(t, service)
    await service.call('POST', '/web-session-clients', { body: smallest })
    for (let round = 0; round < 5; round += 1) {
      const tag = await readTag(service)
      const change = (by: typeof service, name: string) => update(by, { name: `${name} ${round}` }, { tag })
      const answers = await Promise.all([change(service, 'One'), change(other, 'Two')])
      assert.deepEqual(
        answers.map(({ status }) => status).sort(),
        [200, 412],
        JSON.stringify(answers.map(a => a.body)),
      )
      const won = answers.find(({ status }) => status === 200)
      const { body } = await other.call('GET', clientPath)
      assert.equal(body.name, won?.body.name)
      assert.equal(service.sandbox.pingFederate.clients()[0]?.name, body.name)
      assert.equal((await update(other, { name: 'Late' }, { tag })).status, 412)
    }
  })

test('81: what the console saves before the client is read again is kept where it is not managed here, and refuses the change where it is', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  for (const [edit, expected] of [
    [{ logoUrl: 'https://example.com/logo.png' }, 200],
    [{ bypassApprovalPage: false }, 409],
  ] as const) {
    const answering = Promise.withResolvers<void>()
    const { struck } = service.sandbox.pingFederate.faults.next({
      match: { method: 'GET', path: pingFederatePath },
      fault: { actAfter: answering.promise },
    })
    const changing = update(service, { name: `Shop ${expected}` })
    const { body: raw } = await callAdminApi(service.sandbox, 'GET', '/oauth/clients')
    const [client] = (raw as { items: Record<string, unknown>[] }).items
    await callAdminApi(service.sandbox, 'PUT', pingFederatePath, { ...client, ...edit })
    answering.resolve()
    await struck
    assert.equal((await changing).status, expected)
    const [found] = service.sandbox.pingFederate.clients() as unknown as Record<string, unknown>[]
    for (const [name, value] of Object.entries(edit)) assert.equal(found?.[name], value)
  }
})

test('200 with dryRun: the fields that would change, and nothing is written', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const before = readTables(service)
  const calls = recordCalls(service.sandbox)
  const { status, body, headers } = await update(
    service,
    { requirePkce: true, refreshTokens: true, name: 'pa_wam' },
    { query: '?dryRun=true' },
  )
  assert.deepEqual([status, headers.get('etag')], [200, null])
  assert.deepEqual(body, {
    changes: [
      {
        pointer: '/grantTypes',
        before: ['authorization_code'],
        after: ['authorization_code', 'refresh_token'],
      },
      { pointer: '/requirePkce', before: false, after: true },
      { pointer: '/refreshTokens', before: false, after: true },
    ],
    warnings: [],
  })
  assert.deepEqual(writesOf(calls), [])
  assert.deepEqual(readTables(service), before)
})
