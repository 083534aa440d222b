import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { Exchange } from '../../../src/sandbox/pingfederate/admin-api.ts'
import type { Fault } from '../../../src/sandbox/pingfederate/faults.ts'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { oddAnswers, statusOf } from '../../pingfederate/odd-answers.ts'
import { type AdminAnswer, callAdminApi, paWam } from '../call-admin-api.ts'

const sandbox = await createSandbox({ audience: 'test' })
const { faults, settings, clients, onExchange } = sandbox.pingFederate
const create = () => callAdminApi(sandbox, 'POST', '/oauth/clients', paWam)
const exists = () => clients().length > 0

beforeEach(async () => {
  faults.clear()
  await callAdminApi(sandbox, 'DELETE', '/oauth/clients/pa_wam')
})
after(() => sandbox.close())

function createWith(fault: Fault): Promise<AdminAnswer> {
  faults.next({ match: { method: 'POST', path: '/oauth/clients' }, fault })
  return create()
}

test('a fault strikes the next matching request only, in the order of planning', async () => {
  faults.next({ match: { method: 'POST' }, fault: { acts: false, answer: { kind: 'status', status: 503 } } })
  faults.next({
    match: { path: /clients$/ },
    fault: { acts: false, answer: { kind: 'status', status: 502 } },
  })
  assert.equal((await callAdminApi(sandbox, 'GET', '/version')).status, 200)
  assert.deepEqual(
    [(await create()).status, (await create()).status, (await create()).status],
    [503, 502, 201],
  )
})

test('a lasting fault strikes until it is removed, and queued ones come before it', async () => {
  const { remove } = faults.always({ fault: { answer: { kind: 'status', status: 500 } } })
  faults.next({ fault: { answer: { kind: 'status', status: 429, headers: { 'retry-after': '7' } } } })
  const read = () => callAdminApi(sandbox, 'GET', '/version')
  assert.equal((await read()).headers.get('retry-after'), '7')
  assert.deepEqual([(await read()).status, (await read()).status], [500, 500])
  remove()
  assert.equal((await read()).status, 200)
})

for (const [acts, outcome] of [
  [true, 'has'],
  [false, 'has not'],
] as const) {
  for (const [what, { answer }] of Object.entries(oddAnswers)) {
    test(`${what}, after a request that ${outcome} been acted upon`, async () => {
      const created = createWith({ acts, answer })
      if (answer.kind === 'drop') await assert.rejects(created, TypeError)
      else if (acts || statusOf(answer)) assert.equal((await created).status, statusOf(answer) ?? 201)
      else await created
      assert.equal(exists(), acts)
    })
  }
}

test('422 with a given ApiResult', async () => {
  const body = { resultId: 'validation_error', message: 'No.', validationErrors: [] }
  const answer = await createWith({ acts: false, answer: { kind: 'status', status: 422, body } })
  assert.equal(answer.status, 422)
  assert.deepEqual(answer.body, body)
})

for (const [answer, body] of [
  [{ kind: 'malformed-json' }, '{"clientId": "pa_'],
  [{ kind: 'empty' }, undefined],
  [{ kind: 'html' }, '<!DOCTYPE html><title>Sign On</title>'],
] as const) {
  test(`201 with ${answer.kind} after the client was created`, async () => {
    const { status, body: actual } = await createWith({ answer })
    assert.equal(status, 201)
    assert.equal(actual, body)
    assert.equal(exists(), true)
  })
}

test('201 for another client', async () => {
  const { status, body } = await createWith({ answer: { kind: 'other-client', clientId: 'other' } })
  assert.equal(status, 201)
  assert.equal(body.clientId, 'other')
  assert.equal(body.name, paWam.name)
})

test('302 to somewhere else', async () => {
  const answer = await createWith({
    acts: false,
    answer: { kind: 'redirect', location: 'https://elsewhere.example/' },
  })
  assert.equal(answer.status, 302)
  assert.equal(answer.headers.get('location'), 'https://elsewhere.example/')
})

test('a huge body has the promised size, and one without end stops with its reader', async () => {
  const { body } = await createWith({ answer: { kind: 'huge', bytes: 3_000_000 } })
  assert.equal(body.name.length, 3_000_000)
  faults.next({ fault: { answer: { kind: 'huge', bytes: Number.POSITIVE_INFINITY } } })
  const response = await fetch(`${sandbox.adminUrl}/pf-admin-api/v1/version`)
  await response.body?.cancel()
})

test('a slow drip says everything in the end', async () => {
  faults.next({ fault: { answer: { kind: 'drip', intervalMs: 0 } } })
  assert.deepEqual((await callAdminApi(sandbox, 'GET', '/version')).body, { version: '12.1.0.4' })
})

test('a connection that is closed after its answer', async () => {
  assert.equal((await createWith({ answer: { kind: 'close' } })).status, 201)
  assert.equal(exists(), true)
})

test('a request acts only after its gate opens, and answers only after the next one', async () => {
  const act = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const { struck } = faults.next({ fault: { actAfter: act.promise, answerAfter: answer.promise } })
  const created = create()
  await callAdminApi(sandbox, 'GET', '/version')
  assert.equal(exists(), false)
  act.resolve()
  await struck
  assert.equal(exists(), true)
  answer.resolve()
  assert.equal((await created).status, 201)
})

test('a delay or latency without an end does not keep the sandbox from closing', async () => {
  const slow = await createSandbox({ audience: 'test' })
  const { struck } = slow.pingFederate.faults.next({ fault: { holdMs: 1_000_000 } })
  const held = assert.rejects(callAdminApi(slow, 'GET', '/version'))
  await struck
  slow.pingFederate.settings.latencyMs = 1_000_000
  const waiting = assert.rejects(callAdminApi(slow, 'GET', '/version'))
  await Promise.all([held, waiting, slow.close()])
})

test('latency is added to every answer', async () => {
  settings.latencyMs = 20
  const start = performance.now()
  await callAdminApi(sandbox, 'GET', '/version')
  settings.latencyMs = 0
  // A timer may fire up to a millisecond early.
  assert.ok(performance.now() - start >= 19)
})

test('the recorder sees every exchange without credentials, and nothing once it is taken off', async () => {
  const seen: Exchange[] = []
  const stop = onExchange(exchange => seen.push(exchange))
  await create()
  await callAdminApi(sandbox, 'GET', '/oauth/clients?filter=pa')
  await assert.rejects(createWith({ answer: { kind: 'drop' } }))
  stop()
  await callAdminApi(sandbox, 'GET', '/version')
  assert.deepEqual(
    seen.map(({ method, path, query, status }) => ({ method, path, query, status })),
    [
      { method: 'POST', path: '/oauth/clients', query: '', status: 201 },
      { method: 'GET', path: '/oauth/clients', query: 'filter=pa', status: 200 },
      { method: 'POST', path: '/oauth/clients', query: '', status: undefined },
    ],
  )
  assert.deepEqual(seen[0]?.requestBody, paWam)
  assert.equal(seen[0]?.requestHeaders['x-xsrf-header'], 'PingFederate')
  assert.equal(seen[0]?.requestHeaders.authorization, undefined)
  assert.deepEqual(seen[2]?.fault, { answer: { kind: 'drop' } })
})
