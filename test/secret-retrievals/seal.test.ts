import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { open, seal } from '../../src/secret-retrievals/seal.ts'
import { createToken } from '../../src/secret-retrievals/token.ts'

const key = createSecretKey(randomBytes(32))
const token = createToken(1_795_453_200_000, randomBytes(32))
const context = { retrievalId: 'a-row', clientId: 'pa_wam', expiresAt: '2026-11-23T17:15:00.000Z' }
const secret = randomBytes(48).toString('base64url')
const sealed = seal(secret, token, key, context, randomBytes(12))

test('opens with the token, the server key and the context it was sealed with', () => {
  assert.equal(open(sealed, token, [key], context), secret)
})

test('opens a secret of 43 characters, as version 0.5.0 made them', () => {
  const former = randomBytes(32).toString('base64url')
  assert.equal(open(seal(former, token, key, context, randomBytes(12)), token, [key], context), former)
})

test('opens with a former server key as long as it is listed after the current one', () => {
  const current = createSecretKey(randomBytes(32))
  assert.equal(open(sealed, token, [current, key], context), secret)
  assert.throws(() => open(sealed, token, [current], context))
})

test('stays shut with any other token, server key, row, client or expiry', () => {
  const otherToken = createToken(1_795_453_200_000, randomBytes(32))
  const otherKey = createSecretKey(randomBytes(32))
  assert.throws(() => open(sealed, otherToken, [key], context))
  assert.throws(() => open(sealed, token, [otherKey], context))
  assert.throws(() => open(sealed, token, [key], { ...context, retrievalId: 'another-row' }))
  assert.throws(() => open(sealed, token, [key], { ...context, clientId: 'pa_wam2' }))
  assert.throws(() => open(sealed, token, [key], { ...context, expiresAt: '2027-11-23T17:15:00.000Z' }))
})

test('stays shut when the parts of the context are shifted against each other', () => {
  const shifted = { ...context, retrievalId: 'a-row","pa_wam', clientId: '' }
  assert.throws(() => open(sealed, token, [key], shifted))
})

test('stays shut with any bit changed, and when cut, down to a short tag', () => {
  const bytes = Buffer.from(sealed, 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
    assert.throws(() => open(changed.toString('base64url'), token, [key], context))
  }
  for (let length = 0; length < bytes.length; length += 1) {
    assert.throws(() => open(bytes.subarray(0, length).toString('base64url'), token, [key], context))
  }
})

test('never looks the same twice, and never shows the secret', () => {
  assert.notEqual(seal(secret, token, key, context, randomBytes(12)), sealed)
  assert.ok(!Buffer.from(sealed, 'base64url').includes(secret))
})
