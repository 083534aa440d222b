import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromCursor, toCursor } from '../../src/web-session-clients/cursor.ts'

test('a client id comes back from its cursor as it was', () => {
  for (const clientId of ['a', '_', '0.-_', 'A'.repeat(64)])
    assert.equal(fromCursor(toCursor(clientId)), clientId)
})

test('422 for a cursor that says what no client id can be', () => {
  for (const text of ['', '.a', '\0\0\0', 'a b', "a' or '1'='1", 'a'.repeat(65)])
    assert.throws(() => fromCursor(toCursor(text)), { code: 'validation_failed' }, JSON.stringify(text))
})
