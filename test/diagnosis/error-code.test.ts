import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findErrorCode, isOfTls } from '../../src/diagnosis/error-code.ts'

const failing = (code: unknown, cause?: unknown): Error =>
  Object.assign(new Error('failed', { cause }), { code })

test('of an error and its causes the innermost code is told, and what has none is passed over', () => {
  const inner = failing('ECONNREFUSED', failing(7))
  assert.equal(findErrorCode(failing('UND_ERR', new Error('between', { cause: inner }))), 'ECONNREFUSED')
  for (const nothing of [undefined, null, 'text', new Error('none'), failing(7)])
    assert.equal(findErrorCode(nothing), undefined)
})

test('an error that is its own cause is looked at and left again', () => {
  const error = failing('EAGAIN')
  error.cause = error
  assert.equal(findErrorCode(error), 'EAGAIN')
})

test('the code of a certificate is told from that of a connection', () => {
  const codes = ['CERT_HAS_EXPIRED', 'SELF_SIGNED_CERT_IN_CHAIN', 'ECONNREFUSED', undefined]
  assert.deepEqual(codes.map(isOfTls), [true, true, false, false])
})
