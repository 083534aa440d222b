import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultOf } from '../../src/database/settled.ts'

test('what was fulfilled is its value, and what was rejected throws its own reason', async () => {
  const reason = new RangeError('no')
  const [fulfilled, rejected] = await Promise.allSettled([Promise.resolve(1), Promise.reject(reason)])
  assert.equal(resultOf(fulfilled), 1)
  assert.throws(
    () => resultOf(rejected),
    error => error === reason,
  )
})
