import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createKey, sign, startIssuer } from '../authentication/issuer.ts'
import { writePolicyFile } from '../policy/files.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { type Answer, audience, startTestService, type TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

const forTeams = ['web-session-clients:read', 'web-session-clients:write', 'secrets:redeem', 'audit:read']

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Ask = (method: Method, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

type Callers = TestService & {
  /** Calls as a member of these teams, with every scope but that of admins. */
  member: (...teams: string[]) => Ask
  /** The same with the scope of admins. */
  admin: (...teams: string[]) => Ask
}

/** A service whose callers are in whatever team a test wants. */
const start = async (t: TestContext, env: Record<string, string> = {}): Promise<Callers> => {
  const key = await createKey('own')
  const issuer = await startIssuer(t, [key])
  const service = await startTestService(t, { env: { JWT_ISSUER: issuer.url, ...env } })
  const askAs =
    (sub: string, groups: readonly string[], scopes: readonly string[]): Ask =>
    async (method, path, body, headers = {}) => {
      const exp = Math.floor(Date.now() / 1000) + 300
      const claims = { iss: issuer.url, aud: audience, sub, client_id: sub, exp, groups }
      const token = await sign(key, { ...claims, scope: scopes.join(' ') })
      const merge = method === 'PATCH' ? { 'if-match': '*' } : {}
      return service.call(method, path, {
        token,
        ...(body !== undefined && { body }),
        headers: { ...merge, ...headers },
      })
    }
  return {
    ...service,
    member: (...teams) => askAs('ana', teams, forTeams),
    admin: (...teams) => askAs('ida', teams, [...forTeams, 'web-session-clients:admin']),
  }
}

/** Everything is allowed to teams that are not named. */
const permissive = {
  changeableBy: 'IAM team',
  defaults: {
    ...{ hosts: 'any', ports: 'any', contextRoots: 'any', scopes: 'any' },
    ...{ oidcPolicies: 'any', accessTokenManagers: 'any', retrieval: { redeemableBy: ['team'] } },
  },
}

const clients = '/web-session-clients'
const paWamPath = `${clients}/pa_wam`

const outcome = ({ status, body }: Answer): string => [status, body.code].filter(Boolean).join(' ')

/** The events of these outcomes, oldest first: what was done, by whom, and whether as an admin. */
const readEvents = ({ databasePath }: TestService, ...outcomes: string[]): unknown[] =>
  readRows(
    databasePath,
    `select action || ' ' || outcome as what, subject, team, as_admin from audit_event
     where outcome in (${outcomes.map(each => `'${each}'`).join(', ')}) order by audit_event_id`,
  ).map(row => Object.values(row).join(' '))

test('200: the client of a team without members is moved by an admin, and the token goes to the new team', async t => {
  const service = await start(t)
  const created = await service.member('left')('POST', clients, smallest)
  const { token } = created.body.retrieval
  assert.equal(outcome(await service.member('payments')('GET', paWamPath)), '404 client_not_found')
  const moved = await service.admin()('PATCH', paWamPath, { team: 'payments' })
  assert.deepEqual([moved.status, moved.body.team], [200, 'payments'], JSON.stringify(moved.body))
  assert.equal((await service.member('payments')('GET', paWamPath)).status, 200)
  assert.equal(outcome(await service.member('left')('GET', paWamPath)), '404 client_not_found')
  assert.equal((await service.member('payments')('POST', '/secret-retrievals', { token })).status, 200)
})

test('201 for an admin that names the team, by POST as by PUT; without a word which it is asked for as everybody is', async t => {
  const { admin, member } = await start(t)
  for (const [clientId, ask] of [
    ['posted', (body: object) => admin('iam', 'ops')('POST', clients, { ...body, clientId: 'posted' })],
    ['put', (body: object) => admin('iam', 'ops')('PUT', `${clients}/put`, body)],
  ] as const) {
    const { pingAccessUrls } = smallest
    assert.equal(outcome(await ask({ pingAccessUrls })), '422 team_ambiguous')
    const made = await ask({ pingAccessUrls, team: 'payments' })
    assert.deepEqual([made.status, made.body.team], [201, 'payments'], JSON.stringify(made.body))
    assert.equal((await member('payments')('GET', `${clients}/${clientId}`)).status, 200)
  }
  const nowhere = await admin()('POST', clients, { ...smallest, clientId: 'nowhere' })
  assert.equal(outcome(nowhere), '403 no_team')
  assert.match(nowhere.body.detail, /Send team/)
})

test('200 for an admin that declares another team’s client: it stays with its team unless another one is named', async t => {
  const { admin, member } = await start(t)
  await member('payments')('POST', clients, smallest)
  const { pingAccessUrls } = smallest
  const kept = await admin('iam')('PUT', paWamPath, { pingAccessUrls, requirePkce: true })
  assert.deepEqual([kept.status, kept.body.team, kept.body.requirePkce], [200, 'payments', true])
  const moved = await admin('iam')('PUT', paWamPath, { pingAccessUrls, team: 'shop' })
  assert.deepEqual([moved.status, moved.body.team], [200, 'shop'])
})

test('409 for an admin that takes an id which another team has: it is told whose client that is, and others are not', async t => {
  const { admin, member } = await start(t)
  await member('payments')('POST', clients, smallest)
  const told = await admin('iam')('POST', clients, smallest)
  assert.equal(outcome(told), '409 client_id_taken')
  assert.match(told.body.detail, /^Team payments has this client since /)
  const untold = await member('iam')('POST', clients, smallest)
  assert.equal(outcome(untold), '409 client_id_taken')
  assert.ok(!untold.body.detail.includes('payments'))
})

test('404 and 412 for an admin say that no team has the client, and for others only that none of theirs has', async t => {
  const { admin, member } = await start(t)
  await member('shop')('POST', clients, smallest)
  const { pingAccessUrls } = smallest
  for (const [ask, path, told] of [
    [admin('payments'), `${clients}/nobodys`, /^No team has a web session client of this id\b/],
    [member('payments'), paWamPath, /^None of your teams has a web session client of this id\b/],
    [member('payments'), `${clients}/nobodys`, /^None of your teams has a web session client of this id\b/],
  ] as const) {
    for (const method of ['GET', 'DELETE'] as const) {
      const { status, body } = await ask(method, path)
      assert.equal(status, 404)
      assert.match(body.detail, told)
    }
    const { status, body } = await ask('PUT', path, { pingAccessUrls }, { 'if-match': '*' })
    assert.equal(status, 412)
    assert.match(body.detail, told)
  }
})

test('403 for what the policy does not allow the owning team, and beyond its limit, whoever asks', async t => {
  const policy = writePolicyFile(t, {
    ...permissive,
    teams: { shop: { hosts: ['shop.example.com'], limits: { clients: 1 } } },
  })
  const { admin, member } = await start(t, { POLICY_FILE: policy.path })
  const refusalOf = ({ status, body }: Answer) => [status, body.violations?.[0]?.policyRule]
  const create = (others: object) => admin('iam')('POST', clients, { ...smallest, team: 'shop', ...others })
  assert.deepEqual(refusalOf(await create({})), [403, '/teams/shop/hosts'])
  const pingAccessUrls = ['https://shop.example.com']
  assert.equal((await create({ pingAccessUrls })).status, 201)
  const full = await create({ pingAccessUrls, clientId: 'second' })
  assert.deepEqual(refusalOf(full), [403, '/teams/shop/limits/clients'])
  await member('payments')('POST', clients, { ...smallest, clientId: 'third', pingAccessUrls })
  const moved = await admin('iam')('PATCH', `${clients}/third`, { team: 'shop' })
  assert.deepEqual(refusalOf(moved), [403, '/teams/shop/limits/clients'])
})

test('200: an admin lists every team’s clients in the order of their ids, page by page, or those of the team it names', async t => {
  const { admin, member } = await start(t)
  for (const [clientId, team] of [
    ['b', 'shop'],
    ['d', 'payments'],
    ['a', 'payments'],
    ['c', 'left'],
  ] as const)
    assert.equal((await member(team)('POST', clients, { ...smallest, clientId })).status, 201)
  const ids = ({ body }: Answer) => body.items.map((item: { clientId: string }) => item.clientId)
  const list = (query: string) => admin('iam')('GET', clients + query)
  assert.deepEqual(ids(await list('')), ['a', 'b', 'c', 'd'])
  const first = await list('?limit=3')
  assert.deepEqual(ids(first), ['a', 'b', 'c'])
  assert.deepEqual(ids(await list(`?limit=3&cursor=${first.body.nextCursor}`)), ['d'])
  assert.deepEqual(ids(await list('?team=payments')), ['a', 'd'])
  assert.deepEqual(ids(await list('?team=iam')), [])
  assert.deepEqual(ids(await member('iam')('GET', clients)), [])
})

test('404 for an admin that shows a token of another team, even one that it was given itself; the secret stays for the team', async t => {
  const service = await start(t)
  const { admin, member } = service
  const made = await admin('iam')('POST', clients, { ...smallest, team: 'payments' })
  const rotated = await admin('iam')('POST', `${paWamPath}/secret-rotations`, {})
  assert.deepEqual([made.status, rotated.status], [201, 201])
  const { token } = rotated.body.retrieval
  for (const path of ['/secret-retrievals/lookup', '/secret-retrievals'])
    assert.equal(outcome(await admin('iam')('POST', path, { token })), '404 retrieval_not_found')
  assert.equal((await member('payments')('POST', '/secret-retrievals', { token })).status, 200)
  assert.deepEqual(readEvents(service, 'refused'), [
    'retrieval.look-up refused ida payments 0',
    'secret.redeem refused ida payments 0',
  ])
})

test('201 again under the same key for an admin, also where it has left the team since', async t => {
  const { admin } = await start(t)
  const key = { 'idempotency-key': 'k'.repeat(16) }
  const first = await admin('payments')('POST', clients, smallest, key)
  const again = await admin('iam')('POST', clients, smallest, key)
  assert.deepEqual([first.status, again.status], [201, 201], JSON.stringify(again.body))
  assert.equal(again.body.retrieval.token, first.body.retrieval.token)
})

test('whatever an admin does for a team that is not its own is recorded as an admin’s, refused or done, and nothing else is', async t => {
  const policy = { ...permissive, teams: { strict: { hosts: [] } } }
  const service = await start(t, { POLICY_FILE: writePolicyFile(t, policy).path })
  const admin = service.admin('iam')
  await admin('POST', clients, { ...smallest, clientId: 'own' })
  await service.member('payments')('POST', clients, smallest)
  await admin('PATCH', paWamPath, { requirePkce: true })
  await admin('PATCH', paWamPath, { team: 'strict' })
  await admin('DELETE', `${paWamPath}/retrieval`)
  await admin('POST', `${paWamPath}/secret-rotations`, {})
  await admin('PATCH', `${clients}/own`, { name: 'Own' })
  await admin('PATCH', `${clients}/own`, { team: 'payments' })
  await admin('GET', `${clients}/none`)
  const byHand = { ...paWam, clientId: 'by-hand', description: 'By hand' }
  assert.equal((await callAdminApi(service.sandbox, 'POST', '/oauth/clients', byHand)).status, 201)
  await admin('POST', '/adoptions', { team: 'iam', clientIds: ['by-hand'] })
  assert.deepEqual(readEvents(service, 'done', 'refused'), [
    'client.create done ida iam 0',
    'client.create done ana payments 0',
    'client.update done ida payments 1',
    'client.update refused ida strict 1',
    'retrieval.revoke done ida payments 1',
    'client.rotate done ida payments 1',
    'client.update done ida iam 0',
    'client.update done ida iam 1',
    'client.read refused ida  0',
    'client.adopt done ida iam 1',
  ])
  const { body } = await service.member('payments')('GET', '/audit-events?outcome=done&limit=3')
  assert.deepEqual(
    body.items.map(({ action, actor }: { action: string; actor: { asAdmin: boolean } }) =>
      [action, actor.asAdmin].join(' '),
    ),
    ['client.rotate true', 'retrieval.revoke true', 'client.update true'],
  )
})
