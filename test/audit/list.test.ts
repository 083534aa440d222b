import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditEventExample } from '../../src/audit/schema.ts'
import { createKey, sign, startIssuer } from '../authentication/issuer.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, audience, startTestService, type TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

const list = ({ call }: TestService, query = '', options: CallOptions = {}): Promise<Answer> =>
  call('GET', `/audit-events${query}`, options)

/** What each event is in few words, newest first. */
const summarise = ({ body }: Answer): string[] =>
  body.items.map(
    ({ action, outcome, actor, team, clientId }: typeof auditEventExample) =>
      `${actor.subject}: ${action} ${outcome} (${team}, ${clientId})`,
  )

/** A client of each team, one of them redeemed, and an attempt at it by the other. */
const startWithHistory = async (t: Parameters<typeof startTestService>[0]) => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  await createRetrieval(service, { clientId: 'shop' }, 'shop-pipeline')
  await redeem(service, token, { as: 'shop-pipeline' })
  await redeem(service, token)
  await service.call('GET', '/web-session-clients/nobodys')
  return service
}

const ofPayments = [
  'payments-pipeline: secret.redeem done (payments, pa_wam)',
  'shop-pipeline: secret.redeem refused (payments, pa_wam)',
  'payments-pipeline: client.create done (payments, pa_wam)',
  'payments-pipeline: client.create intended (payments, pa_wam)',
]
const ofShop = [
  'shop-pipeline: client.create done (shop, shop)',
  'shop-pipeline: client.create intended (shop, shop)',
]
const ofNone = ['payments-pipeline: client.read refused (null, nobodys)']

test('200 with what is about the caller’s teams and nothing else, newest first, attempts of others with it', async t => {
  const service = await startWithHistory(t)
  assert.deepEqual(summarise(await list(service)), ofPayments)
  assert.deepEqual(summarise(await list(service, '', { as: 'shop-pipeline' })), ofShop)
  assert.deepEqual(summarise(await list(service, '?team=shop')), [])
  assert.deepEqual(summarise(await list(service, '?clientId=shop')), [])
  assert.deepEqual(summarise(await list(service, '?clientId=nobodys')), [])
  assert.equal((await list(service, '', { as: 'portal' })).body.items.length, 6)
  // In no team, and with audit:read alone.
  assert.deepEqual(summarise(await list(service, '', { as: 'operator' })), [])
})

test('200 with everything for audit:read:all, also what is about no team', async t => {
  const service = await startWithHistory(t)
  const as = 'auditor'
  const all = summarise(await list(service, '', { as }))
  assert.deepEqual(all.toSorted(), [...ofPayments, ...ofShop, ...ofNone].toSorted())
  assert.deepEqual(all[0], ofNone[0])
  assert.deepEqual(summarise(await list(service, '?team=shop', { as })), ofShop)
  assert.deepEqual(summarise(await list(service, '?clientId=pa_wam&outcome=refused', { as })), [
    ofPayments[1],
  ])
})

test('200 page by page: every event once, and null after the last', async t => {
  const service = await startWithHistory(t)
  const found: string[] = []
  for (let query = '?limit=3'; ; ) {
    const page = await list(service, query)
    assert.ok(page.body.items.length <= 3)
    found.push(...summarise(page))
    if (page.body.nextCursor === null) break
    query = `?limit=3&cursor=${page.body.nextCursor}`
  }
  assert.deepEqual(found, ofPayments)
})

test('200 with the fields of the example, and with nothing of token or secret', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const { body: redeemed, headers } = await redeem(service, token)
  const answer = await list(service, '?action=secret.redeem')
  const [{ id, at, ...event }] = answer.body.items
  const { id: _id, at: _at, ...example } = auditEventExample
  assert.equal(typeof id, 'number')
  assert.equal(new Date(at).toISOString(), at)
  const requestId = headers.get('x-request-id')
  assert.deepEqual(event, { ...example, actor: { ...example.actor, address: '127.0.0.1' }, requestId })
  const text = JSON.stringify(answer.body)
  assert.ok(!text.includes(redeemed.clientSecret) && !text.includes('wscrt_'))
})

test('200 from since (with it) until (without it), whatever precision the times have', async t => {
  const now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  await createRetrieval(service)
  const at: string = (await list(service)).body.items[0].at
  const count = async (query: string) => (await list(service, query)).body.items.length
  assert.equal(await count(`?since=${at}`), 2)
  assert.equal(await count(`?until=${at}`), 0)
  assert.equal(await count('?since=2026-01-01T00:00:00Z&until=9999-12-31T23:59:59.9Z'), 2)
})

test('403 for want of audit:read, with audit:read:all alone as well', async t => {
  const service = await startTestService(t)
  for (const scope of ['web-session-clients:read', 'audit:read:all']) {
    const token = await service.sandbox.accessToken({ service: 'auditor', scope })
    const { status, headers } = await list(service, '', { token })
    assert.equal(status, 403)
    assert.match(headers.get('www-authenticate') ?? '', /scope="audit:read"/)
  }
  assert.equal((await list(service, '', { as: null })).status, 401)
})

const refused: [string, string, string][] = [
  ['?since=yesterday', '/since', 'pattern'],
  ['?since=2026-11-23', '/since', 'pattern'],
  ['?since=2026-02-30T00:00:00Z', '/since', 'format'],
  ['?since=2026-11-23T23:59:60Z', '/since', 'pattern'],
  ['?until=2026-11-23T17:00:00%2B01:00', '/until', 'pattern'],
  ['?action=client.explode', '/action', 'enum'],
  ['?outcome=DONE', '/outcome', 'enum'],
  ['?clientId=wscrt_x', '/clientId', 'pattern'],
  ['?subject=', '/subject', 'minLength'],
  ['?team=%00', '/team', 'pattern'],
  ['?limit=0x10', '/limit', 'type'],
  ['?limit=1e2', '/limit', 'type'],
  ['?limit=%205', '/limit', 'type'],
  ['?limit=0', '/limit', 'minimum'],
  ['?limit=201', '/limit', 'maximum'],
  ['?cursor=bm9uc2Vuc2U', '/cursor', 'cursor'],
  ['?cursor=%F0', '/cursor', 'pattern'],
  ['?client=pa_wam', '/client', 'known_names'],
  ['?team=a&team=b', '/team', 'type'],
]

test('422 for a filter that cannot be meant, with its name and rule', async t => {
  const service = await startTestService(t)
  for (const [query, pointer, rule] of refused) {
    await t.test(query, async () => {
      const { status, body } = await list(service, query)
      assert.equal(status, 422)
      const found = body.violations.map((each: { pointer: string; rule: string }) => [
        each.pointer,
        each.rule,
      ])
      assert.ok(
        found.some(([at, broken]: [string, string]) => at === pointer && broken === rule),
        JSON.stringify(found),
      )
    })
  }
})

/** A service whose tokens this test signs, because the sandbox's issuer delegates nothing. */
const startWithIssuer = async (
  t: Parameters<typeof startTestService>[0],
  env: Record<string, string> = {},
) => {
  const key = await createKey('own')
  const issuer = await startIssuer(t, [key])
  const service = await startTestService(t, { env: { JWT_ISSUER: issuer.url, ...env } })
  const tokenOf = (claims: Record<string, unknown>) => {
    const now = Math.floor(Date.now() / 1000)
    const scope = 'web-session-clients:write web-session-clients:read audit:read secrets:redeem'
    const usual = {
      iss: issuer.url,
      aud: audience,
      sub: 'ana',
      iat: now,
      exp: now + 300,
      scope,
      groups: ['payments'],
    }
    return sign(key, { ...usual, ...claims })
  }
  return { service, tokenOf }
}

test('200 tells on whose behalf, through which client, and who acted', async t => {
  const { service, tokenOf } = await startWithIssuer(t)
  const token = await tokenOf({ client_id: 'portal', act: { sub: 'gateway', act: { sub: 'portal' } } })
  await service.call('POST', '/web-session-clients', { token, body: smallest })
  const { body } = await list(service, '?clientId=pa_wam&outcome=done', { token })
  assert.deepEqual(body.items[0].actor, {
    subject: 'ana',
    clientId: 'portal',
    teams: ['payments'],
    actingParties: ['gateway', 'portal'],
    address: '127.0.0.1',
    asAdmin: false,
  })
})

test('422 for a member of more than 20 teams who names none, 200 for 20 and with one named', async t => {
  const { service, tokenOf } = await startWithIssuer(t)
  const groups = Array.from({ length: 21 }, (_, index) => `team-${index}`)
  const token = await tokenOf({ groups })
  const { status, body } = await list(service, '', { token })
  assert.deepEqual([status, body.code], [422, 'team_ambiguous'])
  assert.equal((await list(service, '?team=team-20', { token })).status, 200)
  assert.equal((await list(service, '', { token: await tokenOf({ groups: groups.slice(1) }) })).status, 200)
})

for (const [what, env, expected] of [
  ['the connection’s without TRUST_PROXY', {}, '127.0.0.1'],
  ['what a trusted proxy names', { TRUST_PROXY: '127.0.0.1' }, '198.51.100.7'],
  ['the connection’s where the proxy is another one', { TRUST_PROXY: '192.0.2.0/24' }, '127.0.0.1'],
] as const) {
  test(`the address of an event is ${what}`, async t => {
    const service = await startTestService(t, { env })
    const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' }
    await service.call('POST', '/web-session-clients', {
      headers,
      body: smallest,
    })
    const { body } = await list(service)
    assert.equal(body.items[0].actor.address, expected)
  })
}
