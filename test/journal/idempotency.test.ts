import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { toIdempotentRequest } from '../../src/journal/idempotency.ts'
import { Secret } from '../../src/secret.ts'

const secretKeys = [createSecretKey(Buffer.alloc(32, 1))] as const

const idOf = (subject: string, clientId: string | undefined): string | undefined =>
  toIdempotentRequest({
    kind: 'create',
    key: new Secret('key'),
    principal: { subject, clientId, actingParties: [], teams: [], scopes: new Set() },
    body: {},
    secretKeys,
    now: 0,
  }).ids[0]

test('one key is three for one subject through two clients and through none', () => {
  const ids = [idOf('ana', 'portal'), idOf('ana', 'pipeline'), idOf('ana', undefined)]
  assert.equal(new Set(ids).size, 3)
  assert.equal(idOf('ana', 'portal'), ids[0])
})
