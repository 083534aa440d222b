import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRateLimiter } from '../../src/limits/rate-limiter.ts'

const start = (maxKeys = 10) => {
  const clock = { at: 1_000_000 }
  const limiter = createRateLimiter({ maxKeys, now: () => clock.at })
  /** Charges when there is one left, and tells whether there was. */
  const take = (key: string, perMinute: number): boolean => {
    if (limiter.look(key, perMinute).remaining < 1) return false
    limiter.charge(key, perMinute)
    return true
  }
  return { clock, take, ...limiter }
}

test('a burst takes all of it, and each that comes back comes back evenly', () => {
  const { clock, take, look } = start()
  for (let taken = 0; taken < 6; taken += 1) assert.ok(take('ana', 6))
  assert.ok(!take('ana', 6))
  assert.deepEqual(look('ana', 6), { limit: 6, remaining: 0, resetSeconds: 60, retryAfterSeconds: 10 })
  clock.at += 9_999
  assert.ok(!take('ana', 6))
  clock.at += 1
  assert.ok(take('ana', 6))
  assert.ok(!take('ana', 6))
  clock.at += 60_000
  assert.equal(look('ana', 6).remaining, 6)
})

test('whoever waits as long as Retry-After says is let in, whatever the limit', () => {
  const limits = fc.integer({ min: 1, max: 100_000 })
  fc.assert(
    fc.property(limits, fc.integer({ min: 0, max: 10_000 }), (perMinute, waited) => {
      const { clock, charge, look, take } = start()
      for (let taken = 0; taken < Math.min(perMinute, 500); taken += 1) charge('ana', perMinute)
      clock.at += waited
      while (perMinute <= 500 && take('ana', perMinute));
      clock.at += look('ana', perMinute).retryAfterSeconds * 1000
      assert.ok(take('ana', perMinute))
    }),
  )
})

test('never more than the limit and what comes back meanwhile, however the requests come', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), gaps, (perMinute, waits) => {
      const { clock, take } = start()
      const began = clock.at
      let taken = 0
      for (const wait of waits) {
        clock.at += wait
        if (take('ana', perMinute)) taken += 1
        assert.ok(taken <= perMinute * (1 + (clock.at - began) / 60_000) + 1e-3)
      }
    }),
  )
})

test('keys do not share, and the one charged longest ago is forgotten when there are too many', () => {
  const { take, look } = start(3)
  for (const key of ['a', 'b', 'c']) assert.ok(take(key, 1))
  assert.ok(!take('a', 1))
  assert.ok(take('d', 1))
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map(key => look(key, 1).remaining),
    [1, 0, 0, 0],
  )
})

test('a debt is over after two minutes, and no longer when the clock is set back', () => {
  const { clock, charge, look } = start()
  const owe = () => {
    for (let charged = 0; charged < 1_000; charged += 1) charge('ana', 10)
    assert.equal(look('ana', 10).retryAfterSeconds, 66)
  }
  owe()
  clock.at += 120_000
  assert.equal(look('ana', 10).remaining, 10)
  owe()
  clock.at -= 3_600_000
  assert.equal(look('ana', 10).retryAfterSeconds, 66)
  clock.at += 120_000
  assert.equal(look('ana', 10).remaining, 10)
  charge('ana', 10)
  assert.equal(look('ana', 10).remaining, 9)
})
