import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type FailureKind, PingFederateFailure } from '../../src/pingfederate/failure.ts'
import type { Answer } from '../../src/pingfederate/parse-answer.ts'
import { type ProtectedPingFederate, protectPingFederate } from '../../src/pingfederate/resilience.ts'
import type { Call } from '../../src/pingfederate/transport.ts'

type Limits = Parameters<typeof protectPingFederate>[1]['limits']

type Upstream = {
  pingFederate: ProtectedPingFederate
  /** Paths of the calls that were made. */
  calls: string[]
  /** What was told of each, and how it ended. */
  made: string[]
  /** What the next calls meet, until it is set again; the version is asked by looks at a circuit that is open. */
  answer: (call: Call<unknown>) => Promise<Answer>
  changes: boolean[]
  credentials: boolean[]
  running: number
  mostRunning: number
}

const version: Answer = { status: 200, body: { version: '12.1.0.4' } }
const absent: Answer = { status: 404, body: { resultId: 'resource_not_found', message: 'Not found.' } }

const start = (t: TestContext, others: Partial<Limits> = {}, now: () => number = Date.now): Upstream => {
  const upstream = {
    calls: [],
    made: [],
    changes: [],
    credentials: [],
    running: 0,
    mostRunning: 0,
  } as unknown as Upstream
  upstream.answer = async () => absent
  const call = async <T>(request: Call<T>): Promise<T> => {
    upstream.calls.push(request.path)
    upstream.running += 1
    upstream.mostRunning = Math.max(upstream.mostRunning, upstream.running)
    const answered = upstream.answer(request).finally(() => {
      upstream.running -= 1
    })
    return request.read(await answered)
  }
  upstream.pingFederate = protectPingFederate(
    { call },
    {
      limits: { concurrency: 8, queue: 64, timeoutMs: 10_000, credentialsPauseMs: 90_000, ...others },
      identity: { refresh: async () => false },
      now,
      onCredentials: isAccepted => upstream.credentials.push(isAccepted),
      onChange: isAnswering => upstream.changes.push(isAnswering),
      onCall: made => upstream.made.push(`${made.operation} ${made.outcome}`),
      probeAfterMs: 5,
    },
  )
  t.after(upstream.pingFederate.stop)
  return upstream
}

const fail =
  (kind: FailureKind, options?: ConstructorParameters<typeof PingFederateFailure>[1]) => async () => {
    throw new PingFederateFailure(kind, options)
  }

const failureOf = (call: Promise<unknown>): Promise<PingFederateFailure> =>
  call.then(
    () => assert.fail('was not refused'),
    error => (error instanceof PingFederateFailure ? error : assert.fail(error)),
  )

const find = ({ pingFederate }: Upstream, clientId = 'pa_wam') => pingFederate.findClient(clientId)
const change = ({ pingFederate }: Upstream, clientId = 'pa_wam') =>
  pingFederate.inSlot(held => held.findClient(clientId))

/** From now on the credentials are known to be accepted, and calls do not wait behind a first one. */
const signIn = async (upstream: Upstream): Promise<void> => {
  await change(upstream)
  upstream.calls.length = 0
  upstream.mostRunning = 0
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

const assertRefused = (failure: PingFederateFailure, kind: FailureKind): void =>
  assert.deepEqual([failure.kind, failure.isAmbiguous], [kind, false])

const neverBegins = async () => assert.fail('has begun')

/** Answers that are given when the test says so. */
const hold = (upstream: Upstream) => {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  upstream.answer = () => promise
  return () => resolve(absent)
}

test('never more calls at once than PINGFEDERATE_CONCURRENCY, and everything that fits the queue is done', async t => {
  const upstream = start(t)
  upstream.answer = () => new Promise(resolve => setImmediate(resolve, absent))
  await Promise.all([...times(60, () => change(upstream)), ...times(60, () => find(upstream))])
  assert.equal(upstream.calls.length, 120)
  assert.equal(upstream.mostRunning, 8)
})

test('`busy` at once for a change beyond slots and queue: its work is not begun, and the others are done', async t => {
  const upstream = start(t, { concurrency: 4, queue: 2 })
  const release = hold(upstream)
  const accepted = times(5, () => change(upstream))
  const refused = await failureOf(upstream.pingFederate.inSlot(neverBegins))
  assertRefused(refused, 'busy')
  assert.equal(refused.retryAfterSeconds, 1)
  release()
  assert.equal((await Promise.all(accepted)).length, 5)
})

test('`busy` for a change whose slot does not come in time: its work is never begun', async t => {
  const upstream = start(t, { concurrency: 2, timeoutMs: 20 })
  const release = hold(upstream)
  const first = change(upstream)
  assertRefused(await failureOf(upstream.pingFederate.inSlot(neverBegins)), 'busy')
  release()
  await first
  await change(upstream)
})

test('the look-up of a change that has its slot is never behind changes that wait', async t => {
  const upstream = start(t, { concurrency: 2 })
  const order: string[] = []
  upstream.answer = async ({ path }) => {
    order.push(path)
    return absent
  }
  const first = upstream.pingFederate.inSlot(async held => {
    await held.findClient('write')
    await held.findClient('look-up')
  })
  await Promise.all([first, ...times(5, () => change(upstream, 'other'))])
  assert.deepEqual(order.slice(0, 2), ['/oauth/clients/write', '/oauth/clients/look-up'])
})

test('single calls have slots of their own while every change hangs, and changes while single calls hang', async t => {
  const upstream = start(t)
  const release = hold(upstream)
  const hanging = times(6, () => change(upstream))
  upstream.answer = async () => absent
  assert.equal(await find(upstream), undefined)
  release()
  await Promise.all(hanging)
  const releaseAgain = hold(upstream)
  const looking = times(2, () => find(upstream))
  upstream.answer = async () => absent
  assert.equal(await change(upstream), undefined)
  releaseAgain()
  await Promise.all(looking)
})

for (const kind of ['unreachable', 'timeout', 'broken', 'server-error'] as const) {
  test(`\`unreachable\` without a call once \`${kind}\` came five times in a row, until a look finds PingFederate back`, async t => {
    const upstream = start(t)
    upstream.answer = fail(kind)
    for (const failure of await Promise.all(times(5, () => failureOf(change(upstream)))))
      assert.equal(failure.kind, kind)
    const sent = upstream.calls.length
    assertRefused(await failureOf(upstream.pingFederate.inSlot(neverBegins)), 'unreachable')
    assertRefused(await failureOf(find(upstream)), 'unreachable')
    assert.equal(upstream.calls.length, sent)
    const looked = Promise.withResolvers<void>()
    upstream.answer = async () => {
      looked.resolve()
      return version
    }
    await looked.promise
    await new Promise(setImmediate)
    assert.deepEqual(upstream.calls.slice(sent), ['/version'])
    upstream.answer = async () => absent
    assert.equal(await change(upstream), undefined)
    assert.deepEqual(upstream.changes, [false, true])
  })
}

test('a PingFederate that stays down is looked at one call at a time, and said to be down once', async t => {
  const upstream = start(t)
  await signIn(upstream)
  upstream.answer = fail('unreachable')
  await Promise.all(times(5, () => failureOf(change(upstream))))
  const looks = Promise.withResolvers<void>()
  upstream.answer = async () => {
    if (upstream.calls.length >= 9) looks.resolve()
    throw new PingFederateFailure('unreachable')
  }
  await looks.promise
  assert.equal(upstream.mostRunning, 5)
  assert.deepEqual(upstream.changes, [false])
})

test('what waited for its slot when the circuit opened is refused before its work begins', async t => {
  const upstream = start(t, { concurrency: 6, queue: 64 })
  await signIn(upstream)
  upstream.answer = fail('timeout')
  const failures = await Promise.all(times(20, () => failureOf(change(upstream))))
  assert.equal(upstream.calls.length, 5)
  for (const failure of failures.slice(5)) assertRefused(failure, 'unreachable')
})

test('`tls` stays `tls` while the circuit is open, so that the operator is told', async t => {
  const upstream = start(t)
  upstream.answer = fail('tls')
  await Promise.all(times(5, () => failureOf(change(upstream))))
  assertRefused(await failureOf(change(upstream)), 'tls')
})

test('answers that are no outage do not open the circuit, however many', async t => {
  const upstream = start(t)
  for (const kind of ['invalid', 'unexpected'] as const) {
    upstream.answer = fail(kind)
    for (const failure of await Promise.all(times(10, () => failureOf(change(upstream)))))
      assert.equal(failure.kind, kind)
  }
  assert.equal(upstream.calls.length, 20)
})

test('17: after 429 PingFederate is left alone for its Retry-After, and those refused learn what is left of it', async t => {
  let now = 0
  const upstream = start(t, {}, () => now)
  upstream.answer = fail('busy', { status: 429, retryAfterSeconds: 7 })
  await failureOf(change(upstream))
  now = 4_500
  const refused = await failureOf(change(upstream))
  assertRefused(refused, 'busy')
  assert.equal(refused.retryAfterSeconds, 3)
  assert.equal((await failureOf(find(upstream))).kind, 'busy')
  assert.equal(upstream.calls.length, 1)
  now = 7_000
  await failureOf(change(upstream))
  assert.equal(upstream.calls.length, 2)
})

test('17: after 429 without Retry-After PingFederate is left alone for a second', async t => {
  let now = 0
  const upstream = start(t, {}, () => now)
  upstream.answer = fail('busy', { status: 429 })
  for (; now < 3_000; now += 100) await failureOf(change(upstream))
  assert.equal(upstream.calls.length, 3)
})

test('a pause ends when the clock is set back', async t => {
  let now = 1_000_000
  const upstream = start(t, {}, () => now)
  upstream.answer = fail('busy', { status: 429, retryAfterSeconds: 60 })
  await failureOf(change(upstream))
  now = 0
  await failureOf(change(upstream))
  assert.equal(upstream.calls.length, 2)
})

test('21: credentials that PingFederate refuses are not tried again before the pause is over, whoever asks', async t => {
  let now = 0
  const upstream = start(t, {}, () => now)
  upstream.answer = fail('credentials', { status: 401 })
  for (; now < 5_000; now += 50) {
    const refused = await failureOf(now % 100 ? find(upstream) : change(upstream))
    assert.deepEqual(
      [refused.kind, refused.status, refused.retryAfterSeconds],
      ['credentials', 401, undefined],
    )
  }
  assert.equal(upstream.calls.length, 1)
  assert.deepEqual(upstream.credentials, [false])
})

test('403 of the cluster’s resources, which a single node gives, pauses nothing', async t => {
  const upstream = start(t)
  upstream.answer = fail('forbidden', { status: 403, speaker: 'itself' })
  assert.equal(await upstream.pingFederate.findClusterState(), undefined)
  upstream.answer = async () => absent
  assert.equal(await change(upstream), undefined)
})

test('every call that was made is told with how it ended, and none that was refused here', async t => {
  const upstream = start(t)
  await change(upstream)
  upstream.answer = fail('forbidden', { status: 403, speaker: 'itself' })
  await upstream.pingFederate.findClusterState()
  upstream.answer = async () => ({ status: 200, body: { clientId: 'another' } })
  await failureOf(find(upstream))
  upstream.answer = fail('credentials', { status: 401 })
  await failureOf(find(upstream))
  await failureOf(find(upstream))
  assert.deepEqual(upstream.made, [
    'find_client ok',
    'get_cluster_status not-permitted',
    'find_client unexpected',
    'find_client credentials',
  ])
})

test('where calls stand: running and waiting, by kind, and whether the circuit is open', async t => {
  const upstream = start(t, { concurrency: 4, queue: 2 })
  const { promise: answers, resolve } = Promise.withResolvers<Answer>()
  const { state } = upstream.pingFederate
  const none = { running: 0, waiting: 0 }
  assert.deepEqual(state(), { isOpen: false, changes: none, lookUps: none })
  upstream.answer = () => answers
  const calls = [...Array.from({ length: 5 }, () => change(upstream)), find(upstream)]
  await nextTurn()
  const lookUps = { running: 1, waiting: 0 }
  assert.deepEqual(state(), { isOpen: false, changes: { running: 3, waiting: 2 }, lookUps })
  resolve(absent)
  await Promise.all(calls)
  assert.deepEqual(state(), { isOpen: false, changes: none, lookUps: none })
})

test('an answer that is of no use ends a row of failures, because PingFederate was there to give it', async t => {
  const upstream = start(t)
  for (let round = 0; round < 3; round += 1) {
    upstream.answer = fail('broken')
    for (let attempt = 0; attempt < 4; attempt += 1) await failureOf(find(upstream))
    upstream.answer = async () => ({ status: 200, body: { clientId: 'another' } })
    assert.equal((await failureOf(find(upstream))).kind, 'unexpected')
  }
  assert.equal(upstream.calls.length, 15)
  assert.deepEqual(upstream.changes, [])
})

test('a change that waited for its place is not begun once PingFederate does not answer', async t => {
  const upstream = start(t, { concurrency: 6 })
  await signIn(upstream)
  upstream.answer = fail('timeout')
  const failing = times(5, () => failureOf(change(upstream)))
  const waited = failureOf(upstream.pingFederate.inSlot(neverBegins))
  await Promise.all(failing)
  assertRefused(await waited, 'unreachable')
})

test('17: a change that waited for its place is not begun once PingFederate has asked for a pause', async t => {
  const upstream = start(t, { concurrency: 2 })
  upstream.answer = fail('busy', { status: 429, retryAfterSeconds: 7 })
  const first = failureOf(change(upstream))
  const waited = failureOf(upstream.pingFederate.inSlot(neverBegins))
  await first
  assertRefused(await waited, 'busy')
  assert.equal(upstream.calls.length, 1)
})
