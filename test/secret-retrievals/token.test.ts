import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  createToken,
  exampleToken,
  isWellFormed,
  tokenPattern,
  toRetrievalId,
} from '../../src/secret-retrievals/token.ts'

const tokens = fc
  .tuple(fc.nat({ max: 2 ** 47 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([now, random]) => createToken(now, Buffer.from(random)))

test('every token has the form secret scanners look for, and its own checksum fits', () => {
  fc.assert(
    fc.property(tokens, token => {
      assert.match(token, new RegExp(tokenPattern))
      assert.match(token, /^wscrt_[A-Za-z0-9_-]{57}$/)
      assert.ok(isWellFormed(token))
    }),
  )
})

test('a token with any one character changed, or two neighbours swapped, is told from a real one', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  fc.assert(
    fc.property(tokens, fc.nat({ max: 56 }), fc.nat({ max: 63 }), (token, offset, replacement) => {
      const at = 'wscrt_'.length + offset
      const changed = token.slice(0, at) + alphabet[replacement] + token.slice(at + 1)
      assert.equal(isWellFormed(changed), changed === token)
      const swapped = token.slice(0, at - 1) + token[at] + token[at - 1] + token.slice(at + 1)
      assert.equal(isWellFormed(swapped), swapped === token)
    }),
  )
})

test('a token cut or lengthened is told from a real one', () => {
  for (let length = 0; length < exampleToken.length; length += 1) {
    assert.ok(!isWellFormed(exampleToken.slice(0, length)))
  }
  assert.ok(!isWellFormed(`${exampleToken}A`))
})

test('a token carries all 256 random bits', () => {
  const random = randomBytes(32)
  const token = createToken(0, random)
  const payload = Buffer.from(token.slice('wscrt_'.length, -6), 'base64url')
  assert.deepEqual(payload.subarray(6), random)
})

test('row ids follow the time of issue, and do not contain the token', () => {
  const random = randomBytes(32)
  const early = createToken(1_795_453_200_000, random)
  const late = createToken(1_795_453_200_001, random)
  assert.ok(toRetrievalId(early) < toRetrievalId(late))
  assert.ok(!toRetrievalId(early).includes(early.slice(14, 50)))
  assert.match(toRetrievalId(early), /^[0-9a-f]{12}-[A-Za-z0-9_-]{43}$/)
})
