import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { type Answer, laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { untilSwept } from '../until-swept.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { readTables } from '../web-session-clients/tables.ts'
import { createReadGate } from './read-gate.ts'

const post = { method: 'POST', path: '/oauth/clients' }
const get = { method: 'GET', path: '/oauth/clients/pa_wam' }

type Held = TestService & {
  /** A dry run, which is made sure to write nothing, and then the create. */
  both: (as?: 'shop-pipeline') => Promise<{ dry: Answer; real: Answer }>
  outliveLease: () => void
}

/** A create that came to no end that could be told: its operation holds the client id. */
const holdClientId = async (t: TestContext, { acts }: { acts: boolean }): Promise<Held> => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: post, fault: { acts, answer: { kind: 'drop' } } })
  faults.next({ match: get, fault: { answer: { kind: 'status', status: 503 } } })
  const create = (query: string, as?: 'shop-pipeline') =>
    service.call('POST', `/web-session-clients${query}`, { body: smallest, ...(as && { as }) })
  assert.equal((await create('')).status, 504)
  const both: Held['both'] = async as => {
    const before = readTables(service)
    const dry = await create('?dryRun=true', as)
    assert.deepEqual(readTables(service), before)
    return { dry, real: await create('', as) }
  }
  const outliveLease = () => {
    ahead += laterThanLeasesMs
  }
  return { ...service, both, outliveLease }
}

const withoutRequest = ({ status, body: { instance, ...body } }: Answer) => ({ status, body })

test('409 as a create answers while somebody may still work on the client', async t => {
  const { both } = await holdClientId(t, { acts: true })
  const { dry, real } = await both()
  assert.equal(dry.body.code, 'operation_in_progress')
  assert.deepEqual(withoutRequest(dry), withoutRequest(real))
  assert.equal(dry.headers.get('retry-after'), real.headers.get('retry-after'))
})

test('409 as a create answers when an abandoned create did make the client; the dry run settles nothing', async t => {
  const { both, outliveLease } = await holdClientId(t, { acts: true })
  outliveLease()
  const { dry, real } = await both()
  assert.equal(dry.body.code, 'client_id_taken')
  assert.deepEqual(withoutRequest(dry), withoutRequest(real))
})

test('200 where a create finds that an abandoned one made nothing', async t => {
  const { both, outliveLease } = await holdClientId(t, { acts: false })
  outliveLease()
  const { dry, real } = await both()
  assert.deepEqual([dry.status, real.status], [200, 201])
  assert.equal(dry.body.changes[0].method, 'POST')
})

test('409 as a create answers when somebody else made the client since the create was abandoned', async t => {
  const { both, outliveLease, sandbox } = await holdClientId(t, { acts: false })
  await callAdminApi(sandbox, 'POST', '/oauth/clients', paWam)
  outliveLease()
  const { dry, real } = await both()
  assert.equal(dry.body.code, 'client_exists_in_pingfederate')
  assert.deepEqual(withoutRequest(dry), withoutRequest(real))
})

test('409 for another team in the words of a create, whatever became of the operation', async t => {
  const { both, outliveLease } = await holdClientId(t, { acts: true })
  for (let time = 0; time < 2; time += 1) {
    const { dry, real } = await both('shop-pipeline')
    assert.equal(dry.body.code, 'client_id_taken')
    assert.deepEqual(withoutRequest(dry), withoutRequest(real))
    outliveLease()
  }
})

test('504 as a create answers while PingFederate cannot be asked about an abandoned one', async t => {
  const { both, outliveLease, sandbox } = await holdClientId(t, { acts: false })
  outliveLease()
  sandbox.pingFederate.faults.always({ match: get, fault: { answer: { kind: 'status', status: 500 } } })
  const { dry, real } = await both()
  assert.equal(dry.body.code, 'outcome_unknown')
  assert.deepEqual(withoutRequest(dry), withoutRequest(real))
})

/** The operation of the only client ends as if it had made nothing, and its row is gone. */
const giveUp = ({ databasePath }: TestService): void => {
  const database = new DatabaseSync(databasePath)
  try {
    database.exec("update operation set state = 'failed'; delete from client")
  } finally {
    database.close()
  }
}

test('200 with a PUT where a create takes over what one of this service has left behind', async t => {
  const service = await startTestService(t)
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
  giveUp(service)
  const dry = await service.call('POST', '/web-session-clients?dryRun=true', { body: smallest })
  assert.equal(dry.status, 200)
  const [{ method, path }] = dry.body.changes
  assert.deepEqual([method, path], ['PUT', '/pf-admin-api/v1/oauth/clients/pa_wam'])
  const puts: string[] = []
  service.sandbox.pingFederate.onExchange(exchange => puts.push(`${exchange.method} ${exchange.path}`))
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
  assert.ok(puts.includes('PUT /oauth/clients/pa_wam'))
})

test('409 when another request has taken the lease while the dry run looked, although that saw nothing', async t => {
  const { call, outliveLease, sandbox } = await holdClientId(t, { acts: false })
  outliveLease()
  const look = async (query: string) => {
    const answering = Promise.withResolvers<void>()
    t.after(() => answering.resolve())
    const fault = { answerAfter: answering.promise }
    const { struck } = sandbox.pingFederate.faults.next({ match: get, fault })
    const answer = call('POST', `/web-session-clients${query}`, { body: smallest })
    await struck
    return { answer, resume: answering.resolve }
  }
  const dry = await look('?dryRun=true')
  const real = await look('')
  dry.resume()
  const refused = await dry.answer
  assert.deepEqual([refused.status, refused.body.code], [409, 'operation_in_progress'])
  real.resume()
  assert.equal((await real.answer).status, 201)
})

const ends = [
  ['made the client', undefined, 409, 'client_id_taken'],
  ['made nothing', { kind: 'status', status: 400 }, 200, undefined],
] as const
for (const [what, answer, status, code] of ends)
  test(`${status} when the create in the way ${what} and ended while the dry run looked for it`, async t => {
    const gate = createReadGate()
    t.after(() => gate.resume())
    const { call, sandbox } = await startTestService(t, {
      wrapStore: store => ({ ...store, db: store.db.withPlugin(gate.plugin) }),
    })
    await untilSwept({ call })
    const answering = Promise.withResolvers<void>()
    t.after(() => answering.resolve())
    const fault = { answerAfter: answering.promise, ...(answer && { acts: false, answer }) }
    const { struck } = sandbox.pingFederate.faults.next({ match: post, fault })
    const create = (query: string) => call('POST', `/web-session-clients${query}`, { body: smallest })
    const real = create('')
    await struck
    gate.arm()
    const dry = create('?dryRun=true')
    await gate.read
    answering.resolve()
    assert.equal((await real).status, answer ? 422 : 201)
    gate.resume()
    const { status: given, body } = await dry
    assert.deepEqual([given, body.code], [status, code])
  })

test('409 as a create without a key answers, under the key of the create that made the client', async t => {
  const service = await startTestService(t)
  const key = createKey()
  assert.equal((await createUnderKey(service, key)).status, 201)
  const headers = { 'idempotency-key': key }
  for (const body of [smallest, { ...smallest, name: 'Another' }]) {
    const dry = await service.call('POST', '/web-session-clients?dryRun=true', { body, headers })
    const real = await service.call('POST', '/web-session-clients', { body })
    assert.equal(dry.body.code, 'client_id_taken')
    assert.deepEqual(withoutRequest(dry), withoutRequest(real))
  }
})

test('409 with a Retry-After of a second when the client becomes free between the two looks of a dry run', async t => {
  const [written, resumed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  t.after(() => resumed.resolve())
  let isArmed = false
  const service = await startTestService(t, {
    wrapStore: store => ({
      ...store,
      write: async (work, options) => {
        if (!isArmed) return store.write(work, options)
        isArmed = false
        return store.write(work, options).finally(() => {
          written.resolve()
          return resumed.promise
        })
      },
    }),
  })
  await untilSwept(service)
  const answering = Promise.withResolvers<void>()
  t.after(() => answering.resolve())
  const fault = {
    acts: false,
    answerAfter: answering.promise,
    answer: { kind: 'status', status: 400 },
  } as const
  const { struck } = service.sandbox.pingFederate.faults.next({ match: post, fault })
  const create = (query: string) => service.call('POST', `/web-session-clients${query}`, { body: smallest })
  const real = create('')
  await struck
  isArmed = true
  const dry = create('?dryRun=true')
  await written.promise
  answering.resolve()
  assert.equal((await real).status, 422)
  resumed.resolve()
  const { body, headers } = await dry
  assert.deepEqual([body.code, headers.get('retry-after')], ['operation_in_progress', '1'])
  assert.equal((await create('?dryRun=true')).status, 200)
})
