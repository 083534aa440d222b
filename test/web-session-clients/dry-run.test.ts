import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dryRunExample } from '../../src/web-session-clients/dry-run-example.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { type Answer, startTestService, type TestService } from '../service.ts'
import { createKey, fullest, recordCalls, sentClients, smallest, writesOf } from './requests.ts'
import { smallestPlan } from './smallest-plan.ts'
import { readTables } from './tables.ts'

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

const dryRun = ({ call }: Pick<TestService, 'call'>, options: CallOptions = {}): Promise<Answer> =>
  call('POST', '/web-session-clients?dryRun=true', { body: smallest, ...options })

type Setting = { pointer: string; value: unknown; source: string; reason: string }

const settingOf = ({ body }: Answer, pointer: string): Setting | undefined =>
  body.settings.find((each: Setting) => each.pointer === pointer)

test('200: the smallest request is answered its plan, of which the API document shows the beginning', async t => {
  const service = await startTestService(t)
  const { status, body, headers } = await dryRun(service)
  assert.equal(status, 200)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('location'), null)
  assert.deepEqual(body, smallestPlan)
  for (const each of dryRunExample.settings)
    assert.deepEqual(settingOf({ body } as Answer, each.pointer), each)
})

test('200: nothing is written, neither to the database nor to PingFederate', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'earlier' } })
  const before = readTables(service)
  const calls = recordCalls(service.sandbox)
  for (const body of [smallest, fullest]) {
    const headers = { 'idempotency-key': createKey() }
    assert.equal((await dryRun(service, { body, headers })).status, 200)
  }
  assert.ok(calls.length > 0)
  assert.deepEqual(writesOf(calls), [])
  assert.deepEqual(readTables(service), before)
})

/** What only a create chooses is put in the place of what stands for it. */
const completed = (planned: unknown, sent: ReturnType<typeof sentClients>[number]): unknown => {
  const [, operationId = ''] = /\[web-session-clients (.*)\]$/.exec(String(sent['description'])) ?? []
  const text = JSON.stringify(planned)
    .replaceAll('<operation id>', operationId)
    .replaceAll('[masked]', String(sent.clientAuth?.secret))
  return JSON.parse(text)
}

test('200: the change is the one that the create sends, but for the secret and the operation', async t => {
  const service = await startTestService(t)
  const calls = recordCalls(service.sandbox)
  for (const version of ['11.2.9.0', '12.1.0.4']) {
    service.sandbox.pingFederate.settings.version = version
    for (const [name, body] of Object.entries({ smallest, fullest })) {
      const request = { ...body, clientId: `${name}-${version}` }
      const { body: plan } = await dryRun(service, { body: request })
      await service.call('POST', '/web-session-clients', { body: request })
      const [change, ...others] = plan.changes
      assert.deepEqual(others, [])
      assert.deepEqual([change.method, change.path], ['POST', '/pf-admin-api/v1/oauth/clients'])
      const sent = sentClients(calls).at(-1) ?? {}
      assert.deepEqual(completed(change.body, sent), sent)
    }
  }
})

test('200: the settings are those that the create answers', async t => {
  const service = await startTestService(t)
  for (const body of [smallest, fullest]) {
    const plan = await dryRun(service, { body })
    const created = await service.call('POST', '/web-session-clients', { body })
    const planned = Object.fromEntries(
      plan.body.settings.map(({ pointer, value }: Setting) => [pointer.slice(1), value]),
    )
    const { retrieval, status, drift, delivery, createdAt, createdBy, updatedAt, ...client } = created.body
    const { 'retrieval/ttlSeconds': ttlSeconds, 'retrieval/redeemableBy': redeemableBy, ...rest } = planned
    assert.deepEqual(rest, client)
    assert.equal(redeemableBy, retrieval.redeemableBy)
    assert.equal(typeof ttlSeconds, 'number')
  }
})

test('201 with dryRun=false, as without it', async t => {
  const { call } = await startTestService(t)
  assert.equal((await call('POST', '/web-session-clients?dryRun=false', { body: smallest })).status, 201)
})

const wrongQueries = [
  ['?dryRun=yes', '/dryRun', 'type'],
  ['?dryRun=', '/dryRun', 'type'],
  ['?dryRun', '/dryRun', 'type'],
  ['?dryRun=1', '/dryRun', 'type'],
  ['?dryRun=TRUE', '/dryRun', 'type'],
  ['?dryRun=true&dryRun=false', '/dryRun', 'type'],
  ['?dryRun=true&dryRun=true', '/dryRun', 'type'],
  ['?dryrun=true', '/dryrun', 'known_names'],
  ['?dryRun=true&x=1', '/x', 'known_names'],
] as const

test('422 for any other query, and neither a dry run nor a create', async t => {
  const service = await startTestService(t)
  const calls = recordCalls(service.sandbox)
  for (const [query, pointer, rule] of wrongQueries) {
    const { status, body } = await service.call('POST', `/web-session-clients${query}`, { body: smallest })
    assert.equal(status, 422, query)
    assert.deepEqual(
      body.violations.map((each: Record<string, unknown>) => [each['in'], each['pointer'], each['rule']]),
      [['query', pointer, rule]],
    )
  }
  assert.deepEqual(calls, [])
})

test('422 names what is wrong in the body and in the query at once', async t => {
  const { call } = await startTestService(t)
  const { status, body } = await call('POST', '/web-session-clients?dryRun=yes', {
    body: { ...smallest, clientId: 'a b', pingAccessUrls: ['http://a.example.com'] },
  })
  assert.equal(status, 422)
  assert.deepEqual(
    body.violations.map((each: Record<string, unknown>) => `${each['in']} ${each['pointer']}`),
    ['body /clientId', 'query /dryRun', 'body /pingAccessUrls/0'],
  )
})

test('422 for an idempotency key that a create would refuse', async t => {
  const service = await startTestService(t)
  const { status, body } = await dryRun(service, { headers: { 'idempotency-key': 'short' } })
  assert.equal(status, 422)
  assert.equal(body.violations[0].rule, 'idempotency_key')
})

test('201 under a key that a dry run with another body was sent with: it was not remembered', async t => {
  const service = await startTestService(t)
  const headers = { 'idempotency-key': createKey() }
  assert.equal((await dryRun(service, { body: fullest, headers })).status, 200)
  const { status } = await service.call('POST', '/web-session-clients', { body: smallest, headers })
  assert.equal(status, 201)
})

test('403 without the scope of a create', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({
    service: 'payments-pipeline',
    scope: 'web-session-clients:read',
  })
  assert.equal((await dryRun(service, { token })).body.code, 'insufficient_scope')
})

/** Dry run and create of the same request, with what belongs to one request alone left out. */
const both = async (service: TestService, options: CallOptions = {}) => {
  const answers = [
    await dryRun(service, options),
    await service.call('POST', '/web-session-clients', { body: smallest, ...options }),
  ]
  return answers.map(({ status, body: { instance, ...body } }) => ({ status, body }))
}

test('409 as a create answers when the client id is held: the owner learns where, others nothing', async t => {
  const service = await startTestService(t)
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
  for (const as of ['payments-pipeline', 'shop-pipeline'] as const) {
    const [dry, real] = await both(service, { as })
    assert.equal(dry?.body.code, 'client_id_taken')
    assert.deepEqual(dry, real)
  }
})

test('409 as a create answers when PingFederate has a client that this service did not make', async t => {
  const service = await startTestService(t)
  await callAdminApi(service.sandbox, 'POST', '/oauth/clients', paWam)
  const [dry, real] = await both(service)
  assert.equal(dry?.body.code, 'client_exists_in_pingfederate')
  assert.deepEqual(dry, real)
})

test('409 while PingFederate is down, too: our own records are enough to know', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  await service.sandbox.close()
  const [dry, real] = await both(service)
  assert.equal(dry?.body.code, 'client_id_taken')
  assert.deepEqual(dry, real)
})
