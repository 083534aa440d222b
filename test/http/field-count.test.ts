import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countFields } from '../../src/http/field-count.ts'

test('a field counts as often as it was sent, in whatever case of letters, and its value never', () => {
  const raw = ['Host', 'host', 'HOST', 'x', 'hosts', 'x']
  assert.equal(countFields(raw, 'host'), 2)
  assert.equal(countFields(raw, 'x'), 0)
})
