import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { startWithPingAccess } from '../sandbox/pingaccess/started.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs, startTestService } from '../service.ts'
import { createKey, recordCalls, writesOf } from '../web-session-clients/requests.ts'
import {
  createPay,
  deliver,
  open,
  protect,
  startDelivered,
  startDelivering,
  webSessionPath,
  webSessions,
} from './delivered.ts'

test('201: a web session is made that agrees with the client, nobody is handed the secret, and people log in', async t => {
  const service = await startDelivering(t)
  const created = await createPay(service)
  const { status, body } = await deliver(service, { body: { name: 'Payments', audience: 'payments' } })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(body.previousSecretEndsAt, null)
  const [webSession = assert.fail()] = await webSessions(service)
  assert.deepEqual(body.delivery.webSessions, [{ id: webSession.id, name: 'Payments', audience: 'payments' }])
  assert.ok(!('retrieval' in body))
  const { token } = created.body.retrieval
  const redeemed = await service.call('POST', '/secret-retrievals', { body: { token } })
  assert.deepEqual([redeemed.status, redeemed.body.code], [410, 'retrieval_revoked'])
  const read = await service.call('GET', '/web-session-clients/pay')
  assert.deepEqual(
    [read.body.retrieval.state, read.body.delivery, read.body.retrieval.redeemedBy],
    ['delivered', body.delivery, null],
  )
  await protect(service)
  assert.match(await open(service), /^Hello, Ana/)
  const { live } = (await deliver(service)).body
  assert.equal(live.state, 'read')
  assert.deepEqual(
    live.agreement.filter(({ agrees }: Record<string, unknown>) => agrees !== true),
    [],
  )
})

test('200: what an administrator has set in the web session stays, and the former secret lives for the overlap', async t => {
  const service = await startDelivered(t)
  const [webSession = assert.fail()] = await webSessions(service)
  const set = { name: 'Mine', idleTimeoutInMinutes: 7, sameSite: 'None', cookieDomain: 'example.com' }
  await service.administrator.change(webSession.id, set)
  const before = Date.now()
  const { status, body } = await deliver(service, { body: { overlapMinutes: 60 } })
  assert.equal(status, 200, JSON.stringify(body))
  const inMinutes = (Date.parse(body.previousSecretEndsAt) - before) / 60_000
  assert.ok(inMinutes > 59 && inMinutes < 62, `${inMinutes}`)
  const [after = assert.fail()] = await webSessions(service)
  const { clientCredentials, ...others } = after
  const { clientCredentials: former, ...expected } = webSession
  assert.deepEqual(others, { ...expected, ...set })
  assert.notDeepEqual(clientCredentials, former)
  assert.match(await open(service), /^Hello, Ana/)
})

test('201: a rotation goes straight into PingAccess as well, and no login fails while ten of them run', async t => {
  const service = await startDelivered(t)
  let isOver = false
  const logins = (async () => {
    const seen: string[] = []
    while (!isOver) seen.push((await open(service)).slice(0, 10))
    return seen
  })()
  for (let count = 0; count < 10; count += 1) {
    const path = '/web-session-clients/pay/secret-rotations'
    const { status, body } = await service.call('POST', path, { body: { force: true } })
    assert.deepEqual([status, body.retrieval], [201, null], JSON.stringify(body))
    assert.equal(body.delivery.webSessions.length, 1)
  }
  isOver = true
  const seen = await logins
  assert.ok(seen.length > 0)
  assert.deepEqual([...new Set(seen)], ['Hello, Ana'])
})

test('201 with `retrieval`: the secret is handed out by a token again, and no longer goes into PingAccess', async t => {
  const service = await startDelivered(t)
  const path = '/web-session-clients/pay/secret-rotations'
  const dryRun = await service.call('POST', `${path}?dryRun=true`)
  assert.deepEqual(
    [dryRun.status, dryRun.body.retrievalExpiresAt, dryRun.body.settings[0].pointer],
    [200, null, '/overlapMinutes'],
  )
  const { status, body } = await service.call('POST', path, { body: { retrieval: {} } })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(body.delivery, null)
  const { token } = body.retrieval
  assert.equal((await service.call('POST', '/secret-retrievals', { body: { token } })).status, 200)
  assert.match(await open(service), /^Hello, Ana/)
})

test('200: web sessions that were made by hand get the secret, all of them, and only what would fail a login is changed', async t => {
  const service = await startDelivering(t)
  await createPay(service, { scopes: ['profile'], requirePkce: true })
  const made = {
    clientCredentials: { clientId: 'pay', clientSecret: { value: 'former' }, credentialsType: 'SECRET' },
    failOnUnsupportedPreservationContentType: true,
  }
  for (const name of ['one', 'two'])
    await service.administrator.send('POST', '/webSessions', {
      ...made,
      ...{
        name,
        audience: name,
        scopes: ['profile', 'phone'],
        pkceChallengeType: 'OFF',
        promptParameter: ['login'],
      },
    })
  const dryRun = await deliver(service, { body: {} })
  assert.equal(dryRun.status, 200, JSON.stringify(dryRun.body))
  const found = await webSessions(service)
  assert.deepEqual(
    found.map(({ id, name, audience }) => ({ id, name, audience })),
    dryRun.body.delivery.webSessions,
  )
  for (const {
    scopes,
    pkceChallengeType,
    promptParameter,
    failOnUnsupportedPreservationContentType,
  } of found)
    assert.deepEqual(
      [scopes, pkceChallengeType, promptParameter, failOnUnsupportedPreservationContentType],
      [['profile'], 'SHA256', ['login'], true],
    )
  const refused = await deliver(service, { body: { name: 'three', audience: 'three', force: true } })
  assert.deepEqual(
    [
      refused.status,
      ...refused.body.violations.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`),
    ],
    [422, '/name several_web_sessions', '/audience several_web_sessions'],
  )
})

test('409 web_session_taken, 422 audience_taken: nothing that another client uses is touched, and no secret is made', async t => {
  const service = await startDelivering(t)
  await createPay(service)
  await service.administrator.send('POST', '/webSessions', {
    ...{ name: 'pay', audience: 'shop', failOnUnsupportedPreservationContentType: false },
    clientCredentials: { clientId: 'other', clientSecret: { value: 'x' }, credentialsType: 'SECRET' },
  })
  const written: string[] = []
  service.pingAccess.onExchange(({ method }) => method === 'GET' || written.push(method))
  const calls = recordCalls(service.sandbox)
  const taken = await deliver(service)
  assert.deepEqual([taken.status, taken.body.code], [409, 'web_session_taken'])
  const shared = await deliver(service, { body: { name: 'mine', audience: 'shop' } })
  assert.deepEqual(
    [shared.status, shared.body.violations[0].pointer, shared.body.violations[0].rule],
    [422, '/audience', 'audience_taken'],
  )
  assert.deepEqual(writesOf(calls), [])
  assert.deepEqual(written, [])
  assert.equal((await deliver(service, { body: { name: 'mine' } })).status, 201)
})

test('200 with dryRun: what would be set in PingAccess with the source of each value; nothing is written', async t => {
  const service = await startDelivering(t, {
    env: { WEB_SESSION_SAME_SITE: 'None', WEB_SESSION_IDLE_TIMEOUT_MINUTES: '15' },
  })
  await createPay(service)
  const calls = recordCalls(service.sandbox)
  const { status, body } = await deliver(
    {
      call: (method, path, options) => service.call(method, `${path}?dryRun=true`, options),
    },
    { body: { name: 'Payments' } },
  )
  assert.equal(status, 200, JSON.stringify(body))
  const [{ id, name, audience, settings }] = body.webSessions
  assert.deepEqual([id, name, audience], [null, 'Payments', 'pay'])
  const sourceOf = Object.fromEntries(
    settings.map(({ pointer, value, source }: Record<string, unknown>) => [pointer, [value, source]]),
  )
  assert.deepEqual(sourceOf['/name'], ['Payments', 'request'])
  assert.deepEqual(sourceOf['/audience'], ['pay', 'client'])
  assert.deepEqual(sourceOf['/sameSite'], ['None', 'configuration'])
  assert.deepEqual(sourceOf['/idleTimeoutInMinutes'], [15, 'configuration'])
  assert.deepEqual(sourceOf['/sessionTimeoutInMinutes'], [240, 'ping_profile'])
  assert.deepEqual(writesOf(calls), [])
  assert.deepEqual(await webSessions(service), [])
  assert.equal((await deliver(service)).status, 201)
  const [webSession] = await webSessions(service)
  assert.deepEqual([webSession?.['sameSite'], webSession?.['idleTimeoutInMinutes']], ['None', 15])
})

test('a repetition under the same key is answered as the first time, and makes no other secret', async t => {
  const service = await startDelivering(t)
  await createPay(service)
  const headers = { 'idempotency-key': createKey() }
  const first = await deliver(service, { headers })
  const calls = recordCalls(service.sandbox)
  const again = await deliver(service, { headers })
  assert.deepEqual([first.status, again.status], [201, 201])
  assert.deepEqual(again.body, first.body)
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.deepEqual(writesOf(calls), [])
})

test('409 pingaccess_not_configured, in the dry run, too: nothing is changed', async t => {
  const service = await startWithPingAccess(t, { withAdminApi: false })
  await createPay(service)
  const calls = recordCalls(service.sandbox)
  for (const path of [webSessionPath, `${webSessionPath}?dryRun=true`]) {
    const { status, body } = await service.call('PUT', path)
    assert.deepEqual([status, body.code], [409, 'pingaccess_not_configured'])
  }
  const created = await createPay(service, { clientId: 'shop', webSession: {} })
  assert.deepEqual([created.status, created.body.code], [409, 'pingaccess_not_configured'])
  assert.deepEqual(writesOf(calls), [])
})

test('201: a create puts its secret into PingAccess, and answers without a token', async t => {
  const service = await startDelivering(t)
  const both = await createPay(service, { webSession: {}, retrieval: {} })
  assert.deepEqual(
    [both.status, both.body.violations[0].pointer, both.body.violations[0].rule],
    [422, '/retrieval', 'no_token_for_web_session'],
  )
  const plan = await service.call('POST', '/web-session-clients?dryRun=true', {
    body: { clientId: 'pay', pingAccessUrls: ['https://pay.example.com'], webSession: { audience: 'p' } },
  })
  assert.deepEqual(
    plan.body.webSessions.map(({ name, audience }: Record<string, string>) => [name, audience]),
    [['pay', 'p']],
  )
  const headers = { 'idempotency-key': createKey() }
  const first = await createPay(service, { webSession: { audience: 'p' } }, { headers })
  assert.equal(first.status, 201, JSON.stringify(first.body))
  assert.equal(first.body.retrieval, null)
  assert.deepEqual(
    first.body.delivery.webSessions.map(({ name, audience }: Record<string, string>) => [name, audience]),
    [['pay', 'p']],
  )
  const again = await createPay(service, { webSession: { audience: 'p' } }, { headers })
  assert.deepEqual([again.status, again.body], [201, first.body])
  await protect(service)
  assert.match(await open(service), /^Hello, Ana/)
})

test('84: PingAccess is down, refuses the account, or answers something else: that is said, and no secret is made', async t => {
  const service = await startDelivered(t)
  const calls = recordCalls(service.sandbox)
  const page = '<html>Bad gateway</html>'
  const faults: [Parameters<typeof service.admin.break>[1], number, string][] = [
    [{ kind: 'reset' }, 502, 'pingaccess_error'],
    [{ kind: 'answer', status: 503, body: page }, 502, 'pingaccess_error'],
    [{ kind: 'answer', status: 200, body: page }, 502, 'pingaccess_invalid_response'],
    [{ kind: 'answer', status: 429, body: '' }, 503, 'pingaccess_busy'],
    [
      { kind: 'answer', status: 401, body: '{"flash":["no"],"form":{}}' },
      502,
      'pingaccess_credentials_refused',
    ],
  ]
  for (const [fault, status, code] of faults) {
    service.admin.break('GET', fault)
    const answer = await deliver(service)
    assert.deepEqual([answer.status, answer.body.code], [status, code])
  }
  assert.deepEqual(writesOf(calls), [])
  assert.match(await open(service), /^Hello, Ana/)
})

test('84, 502 delivery_failed: PingAccess refuses the secret that PingFederate has; logins go on, and the next request repairs it', async t => {
  const service = await startDelivered(t)
  const form = { name: ['is too long'], cookieType: ['is unknown'] }
  service.admin.break('PUT', {
    kind: 'answer',
    status: 422,
    body: JSON.stringify({ flash: ['Save Failed.'], form }),
  })
  const headers = { 'idempotency-key': createKey() }
  const failed = await deliver(service, { body: { name: 'Mine' }, headers })
  assert.deepEqual([failed.status, failed.body.code], [502, 'delivery_failed'])
  assert.deepEqual(
    failed.body.violations.map(({ pointer, rule }: Record<string, string>) => [pointer, rule]),
    [
      ['/name', 'pingaccess'],
      ['', 'pingaccess'],
    ],
  )
  assert.match(failed.body.detail, /People log in with the former secret, until 20/)
  const { body: client } = await service.call('GET', '/web-session-clients/pay')
  assert.equal(client.retrieval.state, 'revoked')
  assert.ok(client.previousSecretEndsAt !== null)
  assert.match(await open(service), /^Hello, Ana/)
  const { body: drift } = await service.call('GET', '/web-session-clients/pay/drift')
  assert.equal(drift.drifted, false)
  const repaired = await deliver(service, { body: { name: 'Mine' }, headers })
  assert.equal(repaired.status, 200, JSON.stringify(repaired.body))
  assert.match(await open(service), /^Hello, Ana/)
  const outcomes = readRows(
    service.databasePath,
    "select outcome, reason from audit_event where action = 'client.deliver' order by audit_event_id",
  ).map(row => Object.values(row))
  assert.deepEqual(outcomes.slice(2), [
    ['intended', null],
    ['failed', 'delivery_failed'],
    ['intended', null],
    ['done', null],
  ])
})

test('84, 504: what PingAccess did not answer holds the client, so that it cannot arrive after another secret; then it is to be made again', async t => {
  const service = await startDelivered(t, { env: { PINGACCESS_TIMEOUT_MS: '2000' } })
  service.admin.break('PUT', { kind: 'late' })
  const unknown = await deliver(service)
  assert.deepEqual([unknown.status, unknown.body.code], [504, 'outcome_unknown'])
  assert.match(await open(service), /^Hello, Ana/)
  const meanwhile = await deliver(service)
  assert.deepEqual([meanwhile.status, meanwhile.body.code], [409, 'operation_in_progress'])
  await service.admin.release()
  assert.match(await open(service), /^Hello, Ana/)
  await service.stop()
  const now = () => Date.now() + laterThanLeasesMs
  const later = await startTestService(t, { after: service, world: { now } })
  const operation = await later.call('GET', unknown.body.operation)
  if (operation.body.state === 'intended') await deliver(later)
  const settled = await later.call('GET', unknown.body.operation)
  assert.deepEqual([settled.body.state, settled.body.failure], ['failed', 'delivery_failed'])
})

test('84: an administrator’s edit while PingFederate saves is kept', async t => {
  const service = await startDelivered(t)
  const [webSession = assert.fail()] = await webSessions(service)
  let isEdited = false
  service.sandbox.pingFederate.onExchange(({ method }) => {
    if (method === 'PUT' && !isEdited) isEdited = true
  })
  // The first look is before PingFederate is written to, the second right before PingAccess is.
  service.admin.break('GET', { kind: 'before', work: async () => undefined })
  service.admin.break('GET', {
    kind: 'before',
    work: () => service.administrator.change(webSession.id, { idleTimeoutInMinutes: 9 }),
  })
  assert.equal((await deliver(service)).status, 200)
  assert.ok(isEdited)
  const [after] = await webSessions(service)
  assert.equal(after?.['idleTimeoutInMinutes'], 9)
})

test('a cluster: PingAccess gets the secret once every engine has it; where nobody publishes, no secret is made', async t => {
  const cluster = { sandbox: { cluster: 'clustered' as const } }
  const service = await startDelivering(t, { ...cluster, env: { PINGFEDERATE_REPLICATION: 'trigger' } })
  await createPay(service)
  assert.equal((await deliver(service)).status, 201)
  const order: string[] = []
  service.sandbox.pingFederate.onExchange(({ method, path }) => order.push(`${method} ${path}`))
  service.pingAccess.onExchange(({ method, path }) => order.push(`PingAccess ${method} ${path}`))
  assert.equal((await deliver(service)).status, 200)
  const steps = order.filter(step => /PUT|replicate/.test(step)).map(step => step.replace(/\d+$/, ''))
  assert.deepEqual(steps.slice(steps.indexOf('PUT /oauth/clients/pay')), [
    'PUT /oauth/clients/pay',
    'POST /cluster/replicate',
    'PingAccess PUT /webSessions/',
  ])

  const other = await startDelivering(t, cluster)
  await createPay(other)
  assert.equal((await deliver(other)).status, 201, 'nobody logs in through a new one')
  const calls = recordCalls(other.sandbox)
  const refused = await deliver(other)
  assert.deepEqual([refused.status, refused.body.code], [409, 'not_published'])
  assert.deepEqual(writesOf(calls), [])
})

test('the secret is in PingFederate, in PingAccess and nowhere else', async t => {
  const service = await startDelivering(t)
  const calls = recordCalls(service.sandbox)
  await createPay(service)
  const answers = [await deliver(service), await service.call('GET', '/web-session-clients/pay')]
  const put = writesOf(calls).findLast(({ method }) => method === 'PUT')
  assert.ok(put)
  const { secret } = (put.body as { clientAuth: { secret: string } }).clientAuth
  assert.equal(secret.length, 64)
  await service.stop()
  const seen = [
    JSON.stringify(answers.map(({ body, headers }) => [body, [...headers]])),
    service.logLines.join('\n'),
    ...(await Promise.all(
      ['', '-wal'].map(end => readFile(service.databasePath + end, 'latin1').catch(() => '')),
    )),
  ]
  for (const text of seen) assert.ok(!text.includes(secret))
})

test('404 for the client of another team, and 403 without the scope; PingAccess is not asked', async t => {
  const service = await startDelivering(t)
  await createPay(service)
  const asked: string[] = []
  service.pingAccess.onExchange(({ method }) => asked.push(method))
  assert.equal((await deliver(service, { as: 'shop-pipeline' })).status, 404)
  assert.equal((await deliver(service, { as: 'auditor' })).status, 403)
  assert.deepEqual(asked, [])
})
