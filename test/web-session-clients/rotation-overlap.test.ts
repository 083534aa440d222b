import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { retrievalStates } from '../../src/database/vocabulary.ts'
import { chooseOverlap, toShortest } from '../../src/web-session-clients/rotation-overlap.ts'

const rules = { asked: undefined, configuredMinutes: 1_440, ttlSeconds: 900 }

test('what was asked for is taken whatever became of the former secret, 0 included', () => {
  for (const state of retrievalStates)
    for (const asked of [0, 15, 43_200]) {
      const { value, source } = chooseOverlap({ ...rules, asked }, { state })
      assert.deepEqual([value, source], [asked, 'request'])
    }
})

test('nobody loses a secret that nobody has; one that was redeemed or delivered has the configured time', () => {
  for (const state of retrievalStates) {
    const { value, source } = chooseOverlap(rules, { state })
    assert.deepEqual(
      [value, source],
      ['redeemed', 'delivered'].includes(state) ? [1_440, 'configuration'] : [0, 'client'],
    )
  }
})

test('a configured overlap is 0, or no shorter than the new token lives', () => {
  fc.assert(
    fc.property(fc.nat(43_200), fc.integer({ min: 60, max: 604_800 }), (configuredMinutes, ttlSeconds) => {
      const { value } = chooseOverlap(
        { asked: undefined, configuredMinutes, ttlSeconds },
        { state: 'redeemed' },
      )
      if (configuredMinutes === 0) assert.equal(value, 0)
      else assert.ok(value * 60 >= ttlSeconds && value >= configuredMinutes)
    }),
  )
})

test('a life that is no whole number of minutes is rounded up', () => {
  assert.deepEqual([60, 61, 900, 901].map(toShortest), [1, 2, 15, 16])
})
