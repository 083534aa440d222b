import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Fault } from '../../src/sandbox/pingfederate/faults.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { type Answer, laterThanLeasesMs, startTestService, type TestService } from '../service.ts'

const body = { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] }
const post = { method: 'POST', path: '/oauth/clients' }
const get = { method: 'GET', path: '/oauth/clients/pa_wam' }
const lost = { kind: 'drop' } as const
const failing = { kind: 'status', status: 503 } as const

type Held = TestService & {
  first: Answer
  create: (as?: 'shop-pipeline') => Promise<Answer>
  /** Makes it later than the lease of any operation begun so far. */
  outliveLease: () => void
  /** Requests for PingFederate that change something. */
  writes: string[]
}

/** A create whose answer got lost on the way, and whose look-up failed: its operation holds the client id. */
const holdClientId = async (t: TestContext, fault: Pick<Fault, 'acts'>): Promise<Held> => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const { faults, onExchange } = service.sandbox.pingFederate
  const writes: string[] = []
  onExchange(({ method, path }) => {
    if (method !== 'GET') writes.push(`${method} ${path}`)
  })
  const create: Held['create'] = as =>
    service.call('POST', '/web-session-clients', { body, ...(as && { as }) })
  faults.next({ match: post, fault: { ...fault, answer: lost } })
  faults.next({ match: get, fault: { answer: failing } })
  const first = await create()
  const outliveLease = () => {
    ahead += laterThanLeasesMs
  }
  return { ...service, first, create, outliveLease, writes }
}

const clientCount = ({ sandbox }: Held): number => sandbox.pingFederate.clients().length

test('504 when nobody knows whether the client was made, and the client is not shown', async t => {
  const held = await holdClientId(t, { acts: true })
  assert.equal(held.first.status, 504)
  assert.equal(held.first.body.code, 'outcome_unknown')
  assert.match(held.first.body.operation, /^\/operations\/[0-9a-f-]{36}$/)
  assert.equal(held.first.headers.get('retry-after'), '10')
  assert.equal((await held.call('GET', '/web-session-clients/pa_wam')).status, 404)
})

test('409 while the operation may still be worked on, and PingFederate is not asked', async t => {
  const held = await holdClientId(t, { acts: true })
  const { status, body: problem, headers } = await held.create()
  assert.equal(status, 409)
  assert.equal(problem.code, 'operation_in_progress')
  assert.equal(problem.operation, held.first.body.operation)
  assert.ok(Number(headers.get('retry-after')) > 0)
  assert.deepEqual(held.writes, ['POST /oauth/clients'])
})

test('409 once PingFederate shows that the abandoned create did make the client: it is yours, and readable', async t => {
  const held = await holdClientId(t, { acts: true })
  held.outliveLease()
  const { status, body: problem } = await held.create()
  assert.equal(status, 409)
  assert.equal(problem.code, 'client_id_taken')
  assert.match(problem.detail, /Team payments has this client/)
  assert.equal((await held.call('GET', '/web-session-clients/pa_wam')).status, 200)
  assert.deepEqual(held.writes, ['POST /oauth/clients'])
  assert.equal(clientCount(held), 1)
})

test('201 once PingFederate shows that the abandoned create made nothing, and the secret is that of the new one', async t => {
  const held = await holdClientId(t, { acts: false })
  held.outliveLease()
  const { status, body: created } = await held.create()
  assert.equal(status, 201)
  assert.deepEqual(held.writes, ['POST /oauth/clients', 'POST /oauth/clients'])
  assert.equal(clientCount(held), 1)
  const redeemed = await held.call('POST', '/secret-retrievals', { body: { token: created.retrieval.token } })
  assert.equal(redeemed.status, 200)
})

test('409 when somebody else has made the client meanwhile, and it is never written to', async t => {
  const held = await holdClientId(t, { acts: false })
  await callAdminApi(held.sandbox, 'POST', '/oauth/clients', paWam)
  const before = held.sandbox.pingFederate.clients()
  held.outliveLease()
  held.writes.length = 0
  const { status, body: problem } = await held.create()
  assert.equal(status, 409)
  assert.equal(problem.code, 'client_exists_in_pingfederate')
  assert.deepEqual(held.writes, ['POST /oauth/clients'])
  assert.deepEqual(held.sandbox.pingFederate.clients(), before)
})

test('409 for another team, in the same words whatever became of the operation', async t => {
  const held = await holdClientId(t, { acts: true })
  const answers = [await held.create('shop-pipeline')]
  held.outliveLease()
  answers.push(await held.create('shop-pipeline'))
  await held.create()
  answers.push(await held.create('shop-pipeline'))
  const said = answers.map(({ status, body: { code, detail } }) => `${status} ${code} ${detail}`)
  assert.equal(new Set(said).size, 1)
  assert.equal(said[0], '409 client_id_taken The client id is taken. Choose another one.')
  assert.deepEqual(held.writes, ['POST /oauth/clients'])
})

test('504 while PingFederate cannot be asked about the abandoned create, which stays as it is', async t => {
  const held = await holdClientId(t, { acts: false })
  held.outliveLease()
  const { faults } = held.sandbox.pingFederate
  faults.next({
    match: get,
    fault: { answer: { kind: 'status', status: 429, headers: { 'retry-after': '7' } } },
  })
  const { status, body: problem } = await held.create()
  assert.equal(status, 504)
  assert.equal(problem.operation, held.first.body.operation)
  assert.deepEqual(held.writes, ['POST /oauth/clients'])
  held.outliveLease()
  assert.equal((await held.create()).status, 201)
})

for (const acts of [false, true]) {
  test(`one client and no failure, when ten callers settle an abandoned create that ${acts ? 'made' : 'did not make'} it at once`, async t => {
    const held = await holdClientId(t, { acts })
    held.outliveLease()
    const answers = await Promise.all(Array.from({ length: 10 }, () => held.create()))
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, acts ? Array(10).fill(409) : [201, ...Array(9).fill(409)])
    assert.equal(clientCount(held), 1)
  })
}

test('one client, when ten callers create it at once: one 201, the others 409', async t => {
  const { call, sandbox } = await startTestService(t)
  const create = () => call('POST', '/web-session-clients', { body })
  const answers = await Promise.all(Array.from({ length: 10 }, create))
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [201, ...Array(9).fill(409)])
  assert.equal(sandbox.pingFederate.clients().length, 1)
})

/** The same id in as many cases of letters. */
const inOtherCases = ['PA_WAM', 'Pa_Wam', 'pA_wAM']

test('71: 409 for an id that differs from a client’s in the case of letters only, which its own team is told, also by a dry run', async t => {
  const { call, sandbox } = await startTestService(t)
  await call('POST', '/web-session-clients', { body })
  const exchanges: string[] = []
  sandbox.pingFederate.onExchange(({ method, path }) => exchanges.push(`${method} ${path}`))
  for (const clientId of inOtherCases)
    for (const query of ['', '?dryRun=true'])
      for (const [as, detail] of [
        ['payments-pipeline', /^Team payments has pa_wam, and ids that differ in the case/],
        ['shop-pipeline', /^The client id is taken\. Choose another one\.$/],
      ] as const) {
        const answer = await call('POST', `/web-session-clients${query}`, { as, body: { ...body, clientId } })
        assert.deepEqual([answer.status, answer.body.code], [409, 'client_id_taken'])
        assert.match(answer.body.detail, detail)
      }
  assert.deepEqual(exchanges, [], 'PingFederate is not asked')
})

test('409 for another case of letters while nobody knows whether the client was made', async t => {
  const held = await holdClientId(t, { acts: true })
  held.outliveLease()
  const { status, body: problem } = await held.call('POST', '/web-session-clients', {
    body: { ...body, clientId: 'PA_WAM' },
  })
  assert.deepEqual([status, problem.code], [409, 'client_id_taken'])
  assert.deepEqual(held.writes, ['POST /oauth/clients'])
})

test('409 for another case of letters while the operation may still be worked on; 201 once it is seen to have made nothing', async t => {
  const held = await holdClientId(t, { acts: false })
  const other = { body: { ...body, clientId: 'PA_WAM' } }
  const { status, body: problem } = await held.call('POST', '/web-session-clients', other)
  assert.deepEqual([status, problem.code], [409, 'operation_in_progress'])
  assert.equal(problem.operation, held.first.body.operation)
  held.outliveLease()
  assert.equal((await held.call('POST', '/web-session-clients?dryRun=true', other)).status, 200)
  assert.equal((await held.call('POST', '/web-session-clients', other)).status, 201)
})

test('71: one client, when it is created in every case of letters at once: one 201, the others 409', async t => {
  const { call, sandbox } = await startTestService(t)
  const answers = await Promise.all(
    inOtherCases.map(clientId => call('POST', '/web-session-clients', { body: { ...body, clientId } })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  assert.equal(sandbox.pingFederate.clients().length, 1)
})
