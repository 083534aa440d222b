import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toStartError } from '../../src/database/start-error.ts'
import { DatabaseUnavailable } from '../../src/database/unavailable.ts'

test('a driver that repeats the password, as it is or as the URL has it, is not repeated', () => {
  const password = 'p%40ss%2Fw'
  for (const text of [`bad p@ss/w`, `bad ${password}`, `bad ${'x'.repeat(40)}`]) {
    const error = new DatabaseUnavailable(Object.assign(new Error(text), { code: '28P01' }))
    const { message } = toStartError('db.example.com/clients', error, password)
    assert.equal(
      message,
      'web-session-clients cannot start: the database db.example.com/clients cannot be used: bad [masked], 28P01',
    )
  }
})

test('a password that is no percent-encoding is masked as it is', () => {
  assert.match(toStartError('db', new Error('bad 100%'), '100%').message, /bad \[masked\]$/)
})
