import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { usePostgresServer } from '../database/postgres-server.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { logIn } from '../sandbox/log-in.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { drift } from './drifts.ts'
import { recordCalls, smallest, writesOf } from './requests.ts'
import { readTables } from './tables.ts'
import { clientPath, update } from './updates.ts'

const server = usePostgresServer()

type Adoption = {
  clientId: string
  outcome: string
  reason: string | null
  client: Record<string, unknown> | null
  differences: { pointer: string; expected: unknown; actual: unknown }[]
}

const start = async (t: TestContext, database?: string) => {
  const service = await startTestService(t, database === undefined ? {} : { database })
  const add = async (clientId: string, fields: object = {}) => {
    const { status, body } = await callAdminApi(service.sandbox, 'POST', '/oauth/clients', {
      ...{ ...paWam, clientId, ...fields },
    })
    assert.equal(status, 201, JSON.stringify(body))
  }
  const adopt = async (body: object, query = '') => {
    const answer = await service.call('POST', `/adoptions${query}`, {
      ...{ as: 'operator', body: { team: 'payments', ...body } },
    })
    return { ...answer, items: (answer.body.items ?? []) as Adoption[] }
  }
  return { ...service, add, adopt, calls: recordCalls(service.sandbox) }
}

const outcomes = (items: Adoption[]) =>
  items.map(({ clientId, outcome, reason }) => [clientId, outcome, reason].filter(Boolean).join(' '))

for (const engine of ['SQLite', 'PostgreSQL'] as const)
  test(`200: a client made by hand becomes its team’s as it is, without a write to PingFederate, on ${engine}`, async t => {
    const service = await start(t, engine === 'SQLite' ? undefined : await server.createDatabase(t))
    await service.add('pa_wam', { requireProofKeyForCodeExchange: true, description: 'By hand' })
    service.calls.length = 0
    const tried = await service.adopt({ clientIds: ['pa_wam'] }, '?dryRun=true')
    assert.deepEqual(outcomes(tried.items), ['pa_wam adoptable'])
    assert.equal((await service.call('GET', clientPath)).status, 404)
    const { status, items, body } = await service.adopt({ clientIds: ['pa_wam'] })
    assert.deepEqual([status, outcomes(items), body.nextCursor], [200, ['pa_wam adopted'], null])
    assert.deepEqual(writesOf(service.calls), [])
    assert.deepEqual(items[0]?.differences, [
      { pointer: '/description', expected: null, actual: 'By hand' },
      { pointer: '/requirePkce', expected: false, actual: true },
    ])
    const { body: read } = await service.call('GET', clientPath)
    const { createdAt, updatedAt, ...client } = items[0]?.client ?? {}
    for (const [name, value] of Object.entries(client)) assert.deepEqual(read[name], value, name)
    assert.deepEqual(
      [read.team, read.createdBy, read.name, read.pingAccessUrls, read.requirePkce, read.description],
      ['payments', 'operator', paWam.name, smallest.pingAccessUrls, true, 'By hand'],
    )
    const { createdAt: _, updatedAt: __, ...planned } = tried.items[0]?.client ?? {}
    assert.deepEqual(planned, client)
    assert.equal((await drift(service)).drifted, false)
    const again = await service.adopt({ clientIds: ['pa_wam'] })
    assert.deepEqual(outcomes(again.items), ['pa_wam refused client_id_taken'])
  })

test('200: it is changed like all others then, its other redirect URIs stay, and its marker begins with the first change', async t => {
  const service = await start(t)
  const other = 'https://app.example/another/callback'
  await service.add('pa_wam', { redirectUris: [other, ...paWam.redirectUris] })
  const { items } = await service.adopt({ clientIds: ['pa_wam'] })
  assert.deepEqual(items[0]?.client?.['otherRedirectUris'], [other])
  const { status, body } = await update(service, { pingAccessUrls: ['https://new.example'], name: 'Shop' })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body.redirectUris, ['https://new.example/pa/oidc/cb', other])
  const [found] = service.sandbox.pingFederate.clients()
  assert.deepEqual(found?.redirectUris, body.redirectUris)
  assert.match(String(found?.description), /\[web-session-clients [0-9a-f-]{36}\]$/)
  assert.equal((await drift(service)).drifted, false)
  assert.equal(
    (await service.call('POST', `${clientPath}/reconciliations`, { body: { direction: 'accept' } })).status,
    200,
  )
})

test('200: whoever has its secret goes on using it, and a new secret leaves it alive for the overlap', async t => {
  const service = await start(t)
  await service.add('pa_wam')
  await service.adopt({ clientIds: ['pa_wam'] })
  const { body: read } = await service.call('GET', clientPath)
  assert.deepEqual([read.retrieval.state, read.retrieval.redeemedBy], ['redeemed', null])
  const rotated = await service.call('POST', `${clientPath}/secret-rotations`)
  assert.equal(rotated.status, 201, JSON.stringify(rotated.body))
  assert.ok(Date.parse(rotated.body.previousSecretEndsAt) > Date.now() + 3_600_000)
  const { body: redeemed } = await service.call('POST', '/secret-retrievals', {
    body: { token: rotated.body.retrieval.token },
  })
  for (const clientSecret of [paWam.clientAuth.secret, redeemed.clientSecret])
    await logIn({
      ...{ issuer: service.sandbox.issuer, clientId: 'pa_wam', clientSecret, person: 'ana' },
      redirectUri: 'https://mypingaccessserver:3000/pa/oidc/cb',
    })
})

test('200: by a part of their ids or names, a page at a time; those with a marker only by their ids', async t => {
  const service = await start(t)
  for (let index = 0; index < 70; index += 1) await service.add(`web-${String(index).padStart(3, '0')}`)
  await service.add('other')
  const marker = `x [web-session-clients ${randomUUIDv7()}]`
  await service.add('web-marked', { description: marker })
  const first = await service.adopt({ filter: 'WEB-' })
  assert.equal(first.items.length, 64)
  const second = await service.adopt({ filter: 'WEB-' }, `?cursor=${first.body.nextCursor}`)
  assert.equal(second.body.nextCursor, null)
  assert.deepEqual(outcomes(second.items).at(-1), 'web-marked refused marked')
  const { body: page } = await service.call('GET', '/web-session-clients?limit=100')
  assert.deepEqual(
    page.items.map(({ clientId }: Adoption) => clientId),
    Array.from({ length: 70 }, (_, index) => `web-${String(index).padStart(3, '0')}`),
  )
  const named = await service.adopt({ clientIds: ['web-marked'] })
  assert.deepEqual(outcomes(named.items), ['web-marked adopted'])
})

/** What a client has that no web session client has, and why it is not adopted. */
const refusals: [fields: object, reason: string, pointers?: string[]][] = [
  [{ grantTypes: ['AUTHORIZATION_CODE', 'CLIENT_CREDENTIALS'] }, 'grant_types'],
  [{ grantTypes: ['REFRESH_TOKEN'] }, 'grant_types'],
  [{ grantTypes: ['ACCESS_TOKEN_VALIDATION'] }, 'grant_types'],
  [{ clientAuth: { type: 'NONE' } }, 'client_authentication'],
  [{ redirectUris: ['https://app.example/cb'] }, 'no_callback'],
  [{ oidcPolicy: { logoutMode: 'OIDC_BACK_CHANNEL' } }, 'not_expressible', ['/logout']],
  [{ description: 'x'.repeat(600) }, 'not_expressible', ['/description']],
]

for (const [fields, reason, pointers = []] of refusals)
  test(`200: one with ${JSON.stringify(fields).slice(0, 60)} is refused as ${reason}, and nothing is recorded`, async t => {
    const service = await start(t)
    await service.add('pa_wam', fields)
    const before = readTables(service)
    for (const query of ['', '?dryRun=true']) {
      const { status, items } = await service.adopt({ clientIds: ['pa_wam'] }, query)
      assert.deepEqual([status, outcomes(items)], [200, [`pa_wam refused ${reason}`]])
      assert.deepEqual(
        items[0]?.differences.map(({ pointer }) => pointer),
        pointers,
      )
    }
    assert.deepEqual(readTables(service), before)
  })

test('200: what is not there, or taken in another case of letters, is refused by name; the others are adopted', async t => {
  const service = await start(t)
  await service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'Mine' } })
  await service.add('mine')
  await service.add('free')
  const { items } = await service.adopt({ clientIds: ['gone', 'mine', 'free'] })
  assert.deepEqual(outcomes(items), [
    'gone refused not_found',
    'mine refused client_id_taken',
    'free adopted',
  ])
})

test('403 without the admin scope, 422 for neither or both ways to name them', async t => {
  const service = await start(t)
  const denied = await service.call('POST', '/adoptions', { body: { team: 'payments', clientIds: ['a'] } })
  assert.deepEqual([denied.status, denied.body.code], [403, 'insufficient_scope'])
  for (const body of [{}, { clientIds: ['a'], filter: 'a' }]) {
    const refused = await service.adopt(body)
    assert.deepEqual([refused.status, refused.body.violations[0].rule], [422, 'either_or'])
  }
  for (const cursor of [
    'x',
    Buffer.from('0').toString('base64url'),
    Buffer.from('1.5').toString('base64url'),
  ])
    assert.equal((await service.adopt({ filter: 'a' }, `?cursor=${cursor}`)).status, 422, cursor)
})

test('the audit trail has who adopted which client for which team, and by the admin scope', async t => {
  const service = await start(t)
  await service.add('pa_wam')
  await service.adopt({ clientIds: ['pa_wam'] }, '?dryRun=true')
  await service.adopt({ clientIds: ['pa_wam'] })
  const events = readRows(
    service.databasePath,
    "select outcome, subject, as_admin, team, client_id from audit_event where action = 'client.adopt'",
  )
  assert.deepEqual(
    events.map(row => Object.values(row)),
    [['done', 'operator', 1, 'payments', 'pa_wam']],
  )
})
