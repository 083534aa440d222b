import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { parseIdempotencyKey } from '../../src/http/idempotency-key.ts'

const parse = (key?: string) =>
  parseIdempotencyKey({ headers: { 'idempotency-key': key } } as never as FastifyRequest)

test('a key is 16 to 255 visible ASCII characters, and comes as a secret', () => {
  for (const text of ['x'.repeat(16), '~!"#$%&/()=?[]{}', 'x'.repeat(255)]) {
    const { key, violations } = parse(text)
    assert.equal(key?.reveal(), text)
    assert.deepEqual(violations, [])
    assert.ok(!JSON.stringify(key).includes(text))
  }
})

test('anything else is refused at its place, and not shown back', () => {
  for (const text of ['', 'x'.repeat(15), 'x'.repeat(256), `${'x'.repeat(16)} x`, `${'x'.repeat(16)}ü`]) {
    const { key, violations } = parse(text)
    assert.equal(key, undefined)
    assert.deepEqual(
      violations.map(({ in: part, pointer, value }) => [part, pointer, value]),
      [['header', '/idempotency-key', undefined]],
    )
  }
})

test('without a key nothing is wrong', () => {
  assert.deepEqual(parse(), { key: undefined, violations: [] })
})
