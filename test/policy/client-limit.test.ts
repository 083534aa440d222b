import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { type Answer, startReplica, startTestService, type TestService } from '../service.ts'
import { untilTaken } from '../until-taken.ts'
import { clientIds, smallest } from '../web-session-clients/requests.ts'
import { example, writePolicyFile } from './files.ts'

const server = usePostgresServer()

const limit = example.teams.payments.limits.clients

const create = ({ call }: TestService, clientId: string): Promise<Answer> =>
  untilTaken(() => call('POST', '/web-session-clients', { body: { ...smallest, clientId } }))

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `client-${index}`)

const start = async (t: TestContext, engine: 'SQLite' | 'PostgreSQL'): Promise<TestService> =>
  startTestService(t, {
    env: { POLICY_FILE: writePolicyFile(t, example).path, PINGFEDERATE_CONCURRENCY: '32' },
    ...(engine === 'PostgreSQL' && { database: await server.createDatabase(t) }),
  })

/** Far more creates at once than there are places, over every service. */
const crowd = async (services: readonly TestService[]): Promise<Answer[]> =>
  Promise.all(
    idsOf(4 * limit).map((id, index) => create(services[index % services.length] as TestService, id)),
  )

const assertLimitKept = (answers: readonly Answer[], { sandbox }: TestService): void => {
  const statuses = Object.groupBy(answers, ({ status }) => String(status))
  assert.equal(statuses['201']?.length, limit)
  assert.equal(statuses['403']?.length, answers.length - limit, JSON.stringify(Object.keys(statuses)))
  assert.equal(clientIds(sandbox).length, limit)
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  test(`403 for all but as many creates at once as the team may have clients, on ${engine}`, async t => {
    const service = await start(t, engine)
    const answers = await crowd([service])
    assertLimitKept(answers, service)
    const { body } = answers.find(({ status }) => status === 403) as Answer
    assert.equal(body.code, 'not_allowed_by_policy')
    const [{ rule, policyRule, changeableBy }] = body.violations
    assert.deepEqual(
      [rule, policyRule, changeableBy],
      ['clients_per_team', '/teams/payments/limits/clients', example.changeableBy],
    )
  })
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  test(`201 and 403 by the limit of clients are in the audit trail with its rule, on ${engine}`, async t => {
    const service = await start(t, engine)
    for (const id of idsOf(limit)) assert.equal((await create(service, id)).status, 201)
    const last = 'paymentsportalproductioneurope'
    assert.equal((await create(service, last)).status, 403)
    const events = await execute(
      service.env['DATABASE_URL'] ?? '',
      "select outcome, rule, client_id from audit_event where outcome in ('intended', 'refused') order by audit_event_id",
    )
    const rule = '/teams/payments/limits/clients'
    const isBehind = (event: Record<string, unknown>) => String(event['rule']).split(', ').includes(rule)
    assert.ok(events.every(isBehind), JSON.stringify(events))
    const refused = { outcome: 'refused', rule, client_id: last }
    assert.deepEqual({ ...events.at(-1) }, refused)
    assert.equal(events.length, limit + 1)
  })
}

test('403 for all but as many creates at once as the team may have clients, over two replicas', async t => {
  const first = await start(t, 'PostgreSQL')
  const services = [first, await startReplica(t, first)]
  assertLimitKept(await crowd(services), first)
})

test('201 when a create that failed has given its place back; a dry run foresees both', async t => {
  const service = await start(t, 'SQLite')
  const dryRun = async () =>
    (
      await service.call('POST', '/web-session-clients?dryRun=true', {
        body: { ...smallest, clientId: 'new' },
      })
    ).status
  for (const id of idsOf(limit - 1)) assert.equal((await create(service, id)).status, 201)
  await callAdminApi(service.sandbox, 'POST', '/oauth/clients', paWam)
  assert.equal((await create(service, 'pa_wam')).status, 409)
  assert.equal(await dryRun(), 200)
  assert.equal((await create(service, 'last')).status, 201)
  assert.equal(await dryRun(), 403)
  assert.equal((await create(service, 'too-many')).status, 403)
})

test('one team’s limit takes nothing from another', async t => {
  const service = await startTestService(t, {
    env: {
      POLICY_FILE: writePolicyFile(t, {
        ...example,
        teams: { ...example.teams, shop: { ...example.teams.payments, limits: { clients: 1 } } },
      }).path,
    },
  })
  for (const id of idsOf(limit)) assert.equal((await create(service, id)).status, 201)
  const shop = (clientId: string) =>
    service.call('POST', '/web-session-clients', { as: 'shop-pipeline', body: { ...smallest, clientId } })
  assert.equal((await shop('shop-0')).status, 201)
  assert.equal((await shop('shop-1')).status, 403)
})
