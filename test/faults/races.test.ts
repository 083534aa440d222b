import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { usePostgresServer } from '../database/postgres-server.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startReplica, startTestService } from '../service.ts'
import { type Answered, countDoubleDeliveries, findWrongDeliveries, raceRedeems } from './race.ts'
import { createTokens, startReplicas } from './replicas.ts'

/** Everybody at once, on everything that must happen once. */
const tokens = 200
const redeems = 50
const creates = 100

const server = usePostgresServer()

test(`42: three replicas: each of ${tokens} tokens redeemed ${redeems} times at once is paid out once, and gone for the others`, async t => {
  const replicas = await startReplicas(t, await server.createDatabase())
  const issued = await createTokens(replicas.create, tokens)
  const deliveries = await raceRedeems(replicas.redeems, issued, redeems)
  assert.equal(deliveries.length, tokens)
  assert.deepEqual(findWrongDeliveries(deliveries), [])
})

test(`42: one process on SQLite: each of ${tokens} tokens redeemed ${redeems} times at once is paid out once`, async t => {
  const service = await startTestService(t)
  const issued: string[] = []
  for (let index = 0; index < tokens; index += 1)
    issued.push(await createRetrieval(service, { clientId: `client-${index}` }))
  const deliveries = await raceRedeems([token => redeem(service, token)], issued, redeems)
  assert.deepEqual(findWrongDeliveries(deliveries), [])
})

test('the race finds it out when the claim is not a condition of the write but read before', async t => {
  const first = await startTestService(t, { database: await server.createDatabase() })
  const second = await startReplica(t, first)
  const issued: string[] = []
  for (let index = 0; index < 5; index += 1)
    issued.push(await createRetrieval(first, { clientId: `client-${index}` }))
  readThenWrite(t)
  const deliveries = await raceRedeems(
    [first, second].map(service => token => redeem(service, token)),
    issued,
    20,
  )
  assert.ok(countDoubleDeliveries(deliveries) > 0)
})

test(`three replicas: of ${creates} creates of one client id with different keys one is 201, the others 409`, async t => {
  const { create, sandbox } = await startReplicas(t, await server.createDatabase())
  const answers = await Promise.all(
    Array.from({ length: creates }, (_, index) => create(index, 'pa_wam', `key-of-request-${index}`)),
  )
  const statuses = answers.map(({ status }) => status).toSorted()
  assert.deepEqual(statuses, [201, ...Array(creates - 1).fill(409)])
  assert.equal(sandbox.pingFederate.clients().length, 1)
})

test(`39: three replicas: ${creates} creates with the same key make one client and one token`, async t => {
  const { create, sandbox, redeems: replicas } = await startReplicas(t, await server.createDatabase())
  const race = () =>
    Promise.all(
      Array.from({ length: creates }, (_, index) => create(index, 'pa_wam', 'one-key-for-all-requests')),
    )
  const answers = [...(await race()), ...(await race())]
  assertOneAnswer(answers)
  assert.equal(sandbox.pingFederate.clients().length, 1)
  const [{ body }] = answers.filter(({ status }) => status === 201) as [Answered]
  const { token } = body['retrieval'] as { token: string }
  assert.deepEqual(findWrongDeliveries(await raceRedeems(replicas, [token], 20)), [])
})

/** Every answer is the same 201, or says that the first request still runs. */
const assertOneAnswer = (answers: readonly Answered[]): void => {
  const others = answers.filter(({ status }) => status !== 201)
  for (const { status, body } of others)
    assert.deepEqual([status, body['code']], [409, 'operation_in_progress'])
  const created = new Set(
    answers.filter(({ status }) => status === 201).map(({ body }) => JSON.stringify(body)),
  )
  assert.equal(created.size, 1)
}

/**
 * Takes the condition out of the claiming write on its way to PostgreSQL, so that only the read before it decides.
 * The parameter stays, because its number is taken.
 */
const readThenWrite = (t: TestContext): void => {
  const query = pg.Client.prototype.query as (config: unknown, ...others: unknown[]) => unknown
  t.mock.method(
    pg.Client.prototype,
    'query',
    function (this: pg.Client, config: unknown, ...others: unknown[]) {
      const { text } = config as { text?: string }
      if (!text?.startsWith('update "retrieval"')) return query.call(this, config, ...others)
      const unconditional = text.replace(/"state" = (\$\d+) and /, '$1::text is not null and ')
      assert.notEqual(unconditional, text)
      return query.call(
        this,
        { ...(config as object), text: unconditional, name: 'unconditional' },
        ...others,
      )
    },
  )
}
