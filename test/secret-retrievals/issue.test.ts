import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { issueRetrieval } from '../../src/secret-retrievals/issue.ts'

test('nothing of the secret stands in what is stored, and each random byte serves one purpose', () => {
  const random = Buffer.from(Array.from({ length: 92 }, (_, index) => index))
  const { secret, sealed, retrievalId } = issueRetrieval(
    { clientId: 'pa_wam', ttlSeconds: 900, redeemableBy: 'team', tokenBytes: undefined },
    {
      now: () => 1_764_000_000_000,
      randomBytes: size => random.subarray(0, size),
      secretKey: createSecretKey(Buffer.alloc(32, 1)),
    },
  )
  assert.deepEqual(Buffer.from(secret.reveal(), 'base64url'), random.subarray(0, 48))
  const stored = Buffer.concat([Buffer.from(sealed, 'base64url'), Buffer.from(retrievalId)])
  // Four bytes in a row come about by chance once in billions.
  for (let from = 0; from <= 76; from += 1) assert.equal(stored.indexOf(random.subarray(from, from + 4)), -1)
  assert.ok(stored.includes(random.subarray(80)))
})
