import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUndone, toUndoneReason } from '../../src/database/undone.ts'
import { Problem } from '../../src/problem.ts'

test('a reason is told by the code of a database’s error, and a refusal has none of that kind', () => {
  const withCode = (code: string) => Object.assign(new Error('from a test'), { code })
  for (const [error, reason] of [
    [new Problem('overloaded', 'from a test'), 'refusal'],
    [new TypeError('from a test'), 'refusal'],
    [undefined, 'refusal'],
    [withCode('55P03'), 'lock'],
    [withCode('40P01'), 'lock'],
    [withCode('0A000'), 'schema'],
    [withCode('21000'), 'refusal'],
    [withCode('23505'), 'statement'],
    [withCode('ERR_SQLITE_ERROR'), 'statement'],
  ] as const)
    assert.equal(toUndoneReason(error), reason)
})

test('each reason is counted apart, from 0', () => {
  const { count, read } = createUndone()
  count('lock')
  count('lock')
  count('refusal')
  assert.deepEqual(read(), { refusal: 1, lock: 2, schema: 0, statement: 0 })
})
