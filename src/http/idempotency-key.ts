import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Violation } from '../problem.ts'
import { Secret } from '../secret.ts'

/** Long enough that nobody guesses another's key, short enough for a header field. */
const limits = { minLength: 16, maxLength: 255, pattern: '^[\\x21-\\x7E]+$' }

export const IdempotencyKey = Type.String({
  ...limits,
  description:
    'A value of your choice, best a random UUID: 16 to 255 visible ASCII characters. The same request sent again with the same key within 48 hours is answered as the first time, marked `Idempotent-Replayed: true` and with a working token as long as the secret is not redeemed; another body is refused.',
  'x-secret': true,
  examples: ['5f0c3f6e-9a41-4a5a-8a0c-2f5f6c1f7c55'],
})

const form = /^[\x21-\x7E]{16,255}$/

/** Marks an answer that was given before, under the name that Stripe's API made known. */
export const replayed = { 'idempotent-replayed': 'true' }

/** What the API document says of it. */
export const Replayed = {
  'Idempotent-Replayed': Type.String({
    enum: ['true'],
    description:
      'Only where this answer was given before, under the same `Idempotency-Key`: nothing was done again.',
    examples: ['true'],
  }),
}

/**
 * The key of `Idempotency-Key`, if the caller sent one, or what is wrong with it. It is handled as a secret, because with
 * the server key the retrieval token is derived from it.
 */
export const parseIdempotencyKey = (
  request: FastifyRequest,
): { key: Secret | undefined; violations: readonly Violation[] } => {
  const value = request.headers['idempotency-key']
  if (value === undefined) return { key: undefined, violations: [] }
  return typeof value === 'string' && form.test(value)
    ? { key: new Secret(value), violations: [] }
    : { key: undefined, violations: [malformed] }
}

const malformed: Violation = {
  in: 'header',
  pointer: '/idempotency-key',
  rule: 'idempotency_key',
  detail: 'An idempotency key has 16 to 255 visible ASCII characters.',
  fix: 'Send a random UUID, the same one whenever you repeat this request.',
}
