import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeUnknown } from '../../src/journal/problems.ts'

test('504: whoever comes back after the whole seconds of Retry-After has waited as long as was meant, never less', () => {
  const waits = [1, 999, 1_000, 1_001, 300_000].map(waitMs => {
    const { code, operation, headers } = outcomeUnknown('operation', undefined, waitMs)
    assert.deepEqual([code, operation], ['outcome_unknown', 'operation'])
    return headers['retry-after']
  })
  assert.deepEqual(waits, ['1', '1', '1', '2', '300'])
})

test('504: why it is not known is for the log, and in no word of the answer', () => {
  const { message, violations, cause } = outcomeUnknown('operation', new Error('planted'), 1_000)
  assert.equal((cause as Error).message, 'planted')
  assert.doesNotMatch(JSON.stringify([message, violations]), /planted/)
})
