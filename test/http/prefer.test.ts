import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWait } from '../../src/http/prefer.ts'

test('wait is read wherever it stands among the preferences, and the first one counts', () => {
  for (const value of [
    'wait=10',
    'respond-async, wait=10',
    'Wait = "10"; x=y',
    'return=minimal,wait=10,wait=20',
  ])
    assert.equal(parseWait(value), 10, value)
  assert.equal(parseWait(['handling=lenient', 'wait=10']), 10)
})

test('what cannot be understood is left out of account', () => {
  for (const value of [
    undefined,
    '',
    'wait',
    'wait=',
    'wait=-1',
    'wait=1.5',
    'wait=ten',
    'await=10',
    'wait=1e3',
    'wait=9999999999',
  ])
    assert.equal(parseWait(value), undefined, value)
})
