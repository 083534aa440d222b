import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeRateLimits } from '../../src/api-document/describe-rate-limits.ts'

test('every answer that a known caller can get has the fields of its limit, beside those of its own', () => {
  const described = describeRateLimits({ 200: {}, 429: { headers: { 'Retry-After': {} } }, 503: {} })
  const limits = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']
  assert.deepEqual(
    Object.values(described).map(({ headers = {} }) => Object.keys(headers)),
    [limits, ['Retry-After', ...limits], limits],
  )
})

test('401, 408, 414 and 431 come before the caller is known, and have none', () => {
  const early = { 401: {}, 408: {}, 414: {}, 431: {} }
  assert.deepEqual(describeRateLimits(early), early)
})
