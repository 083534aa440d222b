import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccount } from '../../src/pingfederate/account.ts'
import { type FailureKind, PingFederateFailure } from '../../src/pingfederate/failure.ts'

const pauseMs = 90_000

const toText = (error: unknown): string =>
  error instanceof PingFederateFailure ? `${error.kind}${error.isSent ? '' : ', not sent'}` : assert.fail()

type Call = { isSparing?: boolean; speaker?: 'itself' | 'another'; answers?: Promise<void> }

const start = () => {
  const world = { now: 1_000_000, isFileNew: false, changes: [] as boolean[], sent: 0, running: 0, most: 0 }
  const account = createAccount({
    identity: {
      refresh: async () => {
        const isNew = world.isFileNew
        world.isFileNew = false
        return isNew
      },
    },
    now: () => world.now,
    pauseMs,
    onChange: isAccepted => world.changes.push(isAccepted),
  })
  /** A call that is made if nothing refuses it, as all calls are. */
  const call = async (kind?: FailureKind, { isSparing, speaker, answers }: Call = {}): Promise<string> => {
    const send = async () => {
      world.sent += 1
      world.running += 1
      world.most = Math.max(world.most, world.running)
      await answers
      world.running -= 1
      if (kind) throw new PingFederateFailure(kind, { speaker: speaker ?? 'itself' })
    }
    try {
      const refusal = await account.findRefusal(isSparing ?? false)
      if (refusal) throw refusal
      await account.use(send, isSparing ?? false)
      return 'accepted'
    } catch (error) {
      return toText(error)
    }
  }
  return { world, call }
}

test('70: credentials that were refused are tried once, then not before the pause is over, and then once again', async () => {
  const { world, call } = start()
  assert.equal(await call('credentials'), 'credentials')
  for (; world.now < 1_000_000 + pauseMs; world.now += 1_000)
    assert.equal(await call(), 'credentials, not sent')
  assert.equal(world.sent, 1)
  assert.equal(await call('credentials'), 'credentials')
  assert.equal(await call(), 'credentials, not sent')
  assert.deepEqual([world.sent, world.changes], [2, [false]])
})

test('70: of many calls at once with refused credentials only the first is sent', async () => {
  const { world, call } = start()
  const ended = await Promise.all(Array.from({ length: 20 }, () => call('credentials')))
  assert.deepEqual(ended.toSorted(), [
    'credentials',
    ...Array.from({ length: 19 }, () => 'credentials, not sent'),
  ])
  assert.equal(world.sent, 1)
})

test('70: the one try after the pause is one, also where its answer is long in coming', async () => {
  const { world, call } = start()
  await call('credentials')
  world.now += pauseMs
  const answer = Promise.withResolvers<void>()
  const first = call('credentials', { answers: answer.promise })
  assert.deepEqual(await Promise.all([call(), call()]), Array(2).fill('credentials, not sent'))
  answer.resolve()
  assert.equal(await first, 'credentials')
  assert.equal(world.sent, 2)
})

test('70: whoever goes on asking without being asked never spends the next try, though the pause is over', async () => {
  const { world, call } = start()
  await call('credentials')
  world.now += 10 * pauseMs
  for (let index = 0; index < 5; index += 1)
    assert.equal(await call(undefined, { isSparing: true }), 'credentials, not sent')
  assert.equal(world.sent, 1)
  assert.equal(await call(), 'accepted')
  assert.equal(await call(undefined, { isSparing: true }), 'accepted')
  assert.deepEqual(world.changes, [false, true])
})

test('70: a file that has changed ends the pause at the next call, whoever makes it', async () => {
  const { world, call } = start()
  await call('credentials')
  world.isFileNew = true
  assert.equal(await call(undefined, { isSparing: true }), 'accepted')
})

test('a clock that was set back ends the pause', async () => {
  const { world, call } = start()
  await call('credentials')
  world.now -= 3_600_000
  assert.equal(await call(), 'accepted')
})

test('behind the first call others wait; once it was accepted, and while that is not long ago, all go at once', async () => {
  const { world, call } = start()
  const calls = () => Promise.all(Array.from({ length: 8 }, () => call()))
  await calls()
  assert.equal(world.most, 7)
  world.most = 0
  await calls()
  assert.equal(world.most, 8)
  world.now += 60_000
  world.most = 0
  await calls()
  assert.equal(world.most, 7)
})

test('a first call without an answer holds up those behind it for itself only', async () => {
  const { world, call } = start()
  await Promise.all([call('timeout'), ...Array.from({ length: 4 }, () => call('timeout'))])
  assert.deepEqual([world.sent, world.most], [5, 4])
})

test('a refusal of anything else in PingFederate’s own words shows that the credentials are accepted; a page does not', async () => {
  const { world, call } = start()
  await call('credentials')
  world.now += pauseMs
  await call('unexpected', { speaker: 'another' })
  assert.deepEqual(world.changes, [false])
  await call('invalid')
  assert.deepEqual(world.changes, [false, true])
})
