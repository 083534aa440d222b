import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { listen } from '../../src/sandbox/listen.ts'
import type { Fault } from '../../src/sandbox/pingfederate/faults.ts'
import { filterOddAnswers } from '../pingfederate/odd-answers.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs } from '../service.ts'
import {
  createKey,
  createUnderKey,
  recordCalls,
  smallest,
  writesOf,
} from '../web-session-clients/requests.ts'
import { startObserved } from './installation.ts'

const post = { method: 'POST', path: '/oauth/clients' }
const get = { method: 'GET', path: '/oauth/clients/pa_wam' }
const never = new Promise<void>(() => undefined)
const dead = { kind: 'drop' } as const
/** Long enough for every answer that comes at all. */
const shortTimeout = { PINGFEDERATE_TIMEOUT_MS: '400' }

type Observed = Awaited<ReturnType<typeof startObserved>>

/** One client, and a token that works, under a key whose create has just been answered 201. */
const assertCreated = async (service: Observed, key: string, body: object = smallest): Promise<void> => {
  const created = await createUnderKey(service, key, { body })
  assert.equal(created.status, 201, JSON.stringify(created.body))
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
  assert.deepEqual(service.madeClients(), ['pa_wam'])
}

const unclear: [string, Fault][] = [
  ['12: an answer after our time-out, the client was made', { answerAfter: never }],
  ['13: a time-out, the client was not made', { acts: false, answerAfter: never }],
  ['14: a reset after the request was sent, the client was made', { answer: dead }],
  ['14: a reset after the request was sent, the client was not made', { acts: false, answer: dead }],
]
for (const [what, fault] of unclear) {
  test(`${what}: 504 while nothing can be told, the retry gets its token, one client`, async t => {
    let now = Date.now()
    const service = await startObserved(t, { env: shortTimeout, world: { now: () => now } })
    const { faults } = service.sandbox.pingFederate
    faults.next({ match: post, fault })
    const looks = faults.always({ match: get, fault: { answer: dead } })
    const key = createKey()
    const open = await createUnderKey(service, key)
    assert.deepEqual([open.status, open.body.code], [504, 'outcome_unknown'])
    assert.equal((await createUnderKey(service, key)).body.code, 'operation_in_progress')
    looks.remove()
    now += laterThanLeasesMs
    await assertCreated(service, key)
    await service.check()
  })
}

for (const [what, { answer, told }] of filterOddAnswers(({ kind }) => kind === 'server-error')) {
  test(`15: ${what}: looked up, then tried once more, 502 and never 201, and the retry makes it`, async t => {
    const service = await startObserved(t)
    const planned = service.sandbox.pingFederate.faults.always({
      match: post,
      fault: { acts: false, answer },
    })
    const calls = recordCalls(service.sandbox)
    const key = createKey()
    const failed = await createUnderKey(service, key)
    assert.deepEqual([failed.status, failed.body.code], [told.status, told.code])
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['POST', 'GET', 'POST', 'GET'],
    )
    planned.remove()
    await assertCreated(service, key)
    await service.check()
  })
}

test('15: 504 of a proxy: looked up, not tried again while it may still come, and the retry makes it', async t => {
  let ahead = 0
  const service = await startObserved(t, { world: { now: () => Date.now() + ahead } })
  const planned = service.sandbox.pingFederate.faults.always({
    match: post,
    fault: { acts: false, answer: { kind: 'status', status: 504 } },
  })
  const calls = recordCalls(service.sandbox)
  const key = createKey()
  assert.equal((await createUnderKey(service, key)).body.code, 'outcome_unknown')
  assert.equal(writesOf(calls).length, 1)
  planned.remove()
  ahead += laterThanLeasesMs
  await assertCreated(service, key)
  await service.check()
})

/** Rows of docs/faults.md whose answers may come though the client was made. */
const actedUpon: [string, number][] = [
  ['16: an error of the server though the client was made', 16],
  ['23: what is nothing of the API', 23],
  ['24: another client', 24],
]
for (const [what, row] of actedUpon) {
  test(`${what}: a look shows the client, 201, and no second POST`, async t => {
    for (const [name, { answer }] of filterOddAnswers(odd => odd.row === row))
      await t.test(name, async t => {
        const service = await startObserved(t)
        service.sandbox.pingFederate.faults.next({ match: post, fault: { answer } })
        const calls = recordCalls(service.sandbox)
        await assertCreated(service, createKey())
        assert.equal(writesOf(calls).length, 1)
        await service.check()
      })
  })
}

test('23: a page with 404 instead of a look is no absence: 504, again and again, and nothing is given up for it', async t => {
  let now = Date.now()
  const service = await startObserved(t, { world: { now: () => now } })
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: post, fault: { answer: dead } })
  const body = '<html><title>404 Not Found</title></html>'
  const looks = faults.always({ match: get, fault: { answer: { kind: 'status', status: 404, body } } })
  const key = createKey()
  for (let request = 0; request < 3; request += 1) {
    const open = await createUnderKey(service, key)
    assert.deepEqual([open.status, open.body.code], [504, 'outcome_unknown'])
    assert.equal((await service.call('GET', open.body.operation)).body.state, 'intended')
    now += 2 * 60_000
  }
  looks.remove()
  const calls = recordCalls(service.sandbox)
  await assertCreated(service, key)
  assert.deepEqual(writesOf(calls), [])
  await service.check()
})

test('18: a validation error is final: 422 under the field, one POST, and the key replays it', async t => {
  const service = await startObserved(t)
  const calls = recordCalls(service.sandbox)
  const key = createKey()
  const body = { ...smallest, oidcPolicy: 'missing' }
  const answers = [await createUnderKey(service, key, { body }), await createUnderKey(service, key, { body })]
  for (const answer of answers) {
    assert.deepEqual([answer.status, answer.body.code], [422, 'refused_by_pingfederate'])
    assert.equal(answer.body.violations[0].pointer, '/oidcPolicy')
  }
  assert.equal(writesOf(calls).length, 1)
  await service.check()
})

test('19: "already exists" on our second POST: the marker shows that the first was ours, 201', async t => {
  const service = await startObserved(t)
  const { faults } = service.sandbox.pingFederate
  // The first one's connection breaks before PingFederate gets to it: the look sees nothing, the second POST finds it.
  faults.next({ match: post, fault: { answer: dead } })
  const body = { resultId: 'resource_not_found', message: 'Resource not found.' }
  faults.next({ match: get, fault: { answer: { kind: 'status', status: 404, body } } })
  const calls = recordCalls(service.sandbox)
  await assertCreated(service, createKey())
  assert.ok(calls.some(({ method, status }) => method === 'POST' && status === 422))
  await service.check()
})

test('20: somebody else’s client of that id: 409, and never a PUT or DELETE', async t => {
  const service = await startObserved(t)
  await callAdminApi(service.sandbox, 'POST', '/oauth/clients', paWam)
  const before = service.sandbox.pingFederate.clients()
  const calls = recordCalls(service.sandbox)
  const { status, body } = await createUnderKey(service, createKey())
  assert.deepEqual([status, body.code], [409, 'client_exists_in_pingfederate'])
  assert.deepEqual(
    writesOf(calls).map(({ method }) => method),
    ['POST'],
  )
  assert.deepEqual(service.sandbox.pingFederate.clients(), before)
  await service.check()
})

test('21: 401 or 403: 502, one call a second at most, open operations kept, and all works once the account does', async t => {
  let now = Date.now()
  const service = await startObserved(t, { world: { now: () => now } })
  const { faults } = service.sandbox.pingFederate
  const open = createKey()
  faults.next({ match: post, fault: { answer: dead } })
  faults.next({ match: get, fault: { answer: dead } })
  assert.equal((await createUnderKey(service, open)).status, 504)
  for (const [, { answer, told }] of filterOddAnswers(odd => odd.row === 21)) {
    now += 2 * 60_000
    const planned = faults.always({ fault: { acts: false, answer } })
    const calls = recordCalls(service.sandbox)
    const other = { ...smallest, clientId: 'other' }
    for (let request = 0; request < 5; request += 1) {
      const { status, body } = await createUnderKey(service, createKey(), { body: other })
      assert.deepEqual([status, body.code], [told.status, told.code])
    }
    assert.equal((await createUnderKey(service, open)).body.code, 'outcome_unknown')
    assert.equal(calls.length, 1)
    planned.remove()
  }
  now += 2 * 60_000
  await assertCreated(service, open)
  await service.check()
})

const redirected: [string, { method?: string }, number, string][] = [
  ['that a look shows to have done nothing', { method: 'POST' }, 502, 'pingfederate_invalid_response'],
  ['of every call', {}, 504, 'outcome_unknown'],
]
for (const [what, match, status, code] of redirected) {
  test(`22: a redirect ${what}: ${status}, not followed, and the other host gets no credentials`, async t => {
    const service = await startObserved(t)
    const seen: unknown[] = []
    const server = createServer((request, response) => {
      seen.push(request.headers)
      response.end()
    })
    await using elsewhere = await listen(server, 0, '127.0.0.1')
    const location = `http://127.0.0.1:${elsewhere.port}/pf-admin-api/v1/oauth/clients`
    const planned = service.sandbox.pingFederate.faults.always({
      match,
      fault: { acts: false, answer: { kind: 'redirect', location } },
    })
    const failed = await createUnderKey(service, createKey())
    assert.deepEqual([failed.status, failed.body.code], [status, code])
    assert.deepEqual(seen, [])
    planned.remove()
    await service.check()
  })
}

for (const [what, { answer, told }] of filterOddAnswers(({ row }) => row === 24)) {
  test(`24: ${what}, and ours is not there: 502, an error in the log, and no token`, async t => {
    const service = await startObserved(t)
    const planned = service.sandbox.pingFederate.faults.always({
      match: post,
      fault: { acts: false, answer },
    })
    const key = createKey()
    const failed = await createUnderKey(service, key)
    assert.deepEqual([failed.status, failed.body.code], [told.status, told.code])
    assert.equal(failed.body.retrieval, undefined)
    planned.remove()
    await assertCreated(service, key)
    await service.check()
    // The audit event has the code as its reason, and is `info` whatever it tells.
    const lines = service.logLines.map(line => JSON.parse(line))
    const failures = lines.filter(line => line.code === told.code)
    assert.deepEqual([...new Set(failures.map(({ level }) => level))], ['error'])
  })
}

test('17: 429: 503 with what PingFederate asks for in Retry-After, nothing made, and 201 when the time is over', async t => {
  let now = Date.now()
  const service = await startObserved(t, { world: { now: () => now } })
  const headers = { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 20_000).toUTCString() }
  service.sandbox.pingFederate.faults.next({
    match: post,
    fault: { acts: false, answer: { kind: 'status', status: 429, headers } },
  })
  const calls = recordCalls(service.sandbox)
  const key = createKey()
  for (let request = 0; request < 3; request += 1) {
    const refused = await createUnderKey(service, key)
    assert.deepEqual([refused.status, refused.body.code], [503, 'pingfederate_busy'])
    assert.equal(refused.headers.get('retry-after'), '20')
  }
  assert.equal(calls.length, 1)
  now += 20_001
  await assertCreated(service, key)
  await service.check()
})

test('26: an answer byte by byte ends at the deadline of the whole call', async t => {
  const service = await startObserved(t, { env: shortTimeout })
  service.sandbox.pingFederate.faults.next({
    match: post,
    fault: { answer: { kind: 'drip', intervalMs: 100 } },
  })
  const calls = recordCalls(service.sandbox)
  await assertCreated(service, createKey())
  assert.ok(calls.some(({ method }) => method === 'GET'))
  await service.check()
})
