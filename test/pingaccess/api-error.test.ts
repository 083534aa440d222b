import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isApiError, parseApiError } from '../../src/pingaccess/api-error.ts'

test('errors are told by field where PingAccess names fields, and in general where it names none', () => {
  const form = { name: ['must be unique', 'is too long'], audience: ['is required'] }
  const { fieldErrors, reason } = parseApiError({ flash: ['Save Failed.'], form }, [])
  assert.deepEqual(fieldErrors, [
    { fieldPath: 'name', message: 'must be unique' },
    { fieldPath: 'name', message: 'is too long' },
    { fieldPath: 'audience', message: 'is required' },
  ])
  assert.equal(reason, 'Save Failed.')
  assert.deepEqual(parseApiError({ flash: ['Save Failed.'], form: {} }, []).fieldErrors, [
    { fieldPath: undefined, message: 'Save Failed.' },
  ])
})

test('a secret that a message repeats is masked, and messages are bounded in number and length', () => {
  const { fieldErrors, reason } = parseApiError(
    {
      flash: ['planted-secret is wrong'],
      form: { name: Array(100).fill(`planted-secret ${'x'.repeat(999)}`) },
    },
    ['planted-secret'],
  )
  assert.equal(reason, '[masked] is wrong')
  assert.equal(fieldErrors.length, 20)
  assert.ok(fieldErrors.every(({ message }) => message.length === 300 && message.startsWith('[masked]')))
})

test('nothing readable is no error of PingAccess, and never an exception', () => {
  for (const body of [undefined, null, '', 'text', 1, [], {}, { flash: null }, { form: { name: ['no'] } }])
    assert.equal(isApiError(body), false)
  for (const body of [
    undefined,
    null,
    'text',
    { flash: [7], form: 'text' },
    { flash: [], form: { name: 7 } },
  ])
    assert.deepEqual(parseApiError(body, []).fieldErrors, [])
  assert.equal(isApiError({ flash: [], form: {} }), true)
})
