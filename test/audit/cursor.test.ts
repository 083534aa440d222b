import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromCursor, toCursor } from '../../src/audit/cursor.ts'
import { Problem } from '../../src/problem.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64url')

test('a place comes back from its cursor as it was', () => {
  for (const id of [1, 999_999_999_999_999]) {
    const place = { at: '2026-11-23T17:00:00.000Z', id }
    assert.deepEqual(fromCursor(toCursor(place)), place)
  }
})

for (const text of [
  '',
  'pa_wam',
  '2026-11-23T17:00:00.000Z',
  '2026-11-23T17:00:00.000Z ',
  '2026-11-23T17:00:00.000Z -1',
  '2026-11-23T17:00:00.000Z 1234567890123456',
  '2026-11-23T17:00:00Z 1',
  "2026-11-23T17:00:00.000Z 1' or '1'='1",
  ' 2026-11-23T17:00:00.000Z 1',
]) {
  test(`422 for a cursor that says ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => fromCursor(encode(text)),
      error => error instanceof Problem && error.code === 'validation_failed',
    )
  })
}
