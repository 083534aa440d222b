import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseApiResult } from '../../src/pingfederate/api-result.ts'

test('validation errors are read with their fields; anything else about them does not matter', () => {
  const body = {
    resultId: 'validation_error',
    message: 'Validation error(s) occurred.',
    validationErrors: [
      { errorId: 'x', message: 'Bad URI.', developerMessage: 'stack', fieldPath: 'redirectUris[0]' },
      { message: 'No field.' },
      { message: 'Null field.', fieldPath: null },
      { message: 'Empty field.', fieldPath: '' },
      { message: 'No text.', fieldPath: 7 },
    ],
  }
  assert.deepEqual(parseApiResult(body, []).fieldErrors, [
    { fieldPath: 'redirectUris[0]', errorId: 'x', message: 'Bad URI.' },
    ...['No field.', 'Null field.', 'Empty field.', 'No text.'].map(message => ({
      fieldPath: undefined,
      errorId: undefined,
      message,
    })),
  ])
})

test('without readable validation errors the message of the whole counts', () => {
  const expected = [{ fieldPath: undefined, errorId: undefined, message: 'It is not possible.' }]
  for (const validationErrors of [
    undefined,
    null,
    [],
    {},
    'text',
    [null],
    [{}],
    ['text', 1],
    [{ message: '' }],
  ])
    assert.deepEqual(
      parseApiResult({ message: 'It is not possible.', validationErrors }, []).fieldErrors,
      expected,
    )
})

test('nothing readable is no message, and never an exception', () => {
  for (const body of [undefined, null, '', 'text', 1, true, [], {}, { message: null }, { message: {} }])
    assert.deepEqual(parseApiResult(body, []).fieldErrors, [])
})

test('messages are bounded in number and length', () => {
  const validationErrors = Array.from({ length: 1000 }, () => ({ message: 'x'.repeat(10_000) }))
  const errors = parseApiResult({ validationErrors }, []).fieldErrors
  assert.equal(errors.length, 20)
  assert.ok(errors.every(({ message }) => message.length === 300))
})
