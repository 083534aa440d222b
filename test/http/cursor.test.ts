import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cursorRefused, decodeCursor } from '../../src/http/cursor.ts'

test('a cursor is read as the text that it was made of, and nonsense as some other text', () => {
  for (const text of ['pa_wam', 'ü€', ''])
    assert.equal(decodeCursor(Buffer.from(text).toString('base64url')), text)
  assert.doesNotThrow(() => decodeCursor('%&!'))
})

test('422: a cursor that is refused is told by its place, and its text is not repeated', () => {
  const { status, code, violations = [] } = cursorRefused()
  assert.deepEqual([status, code], [422, 'validation_failed'])
  assert.deepEqual(
    violations.map(({ in: part, pointer, value }) => [part, pointer, value]),
    [['query', '/cursor', undefined]],
  )
})
