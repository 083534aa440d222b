import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { OperationKind } from '../../src/database/vocabulary.ts'
import { toIdempotentRequest } from '../../src/journal/idempotency.ts'
import { Secret } from '../../src/secret.ts'

const secretKeys = [createSecretKey(Buffer.alloc(32, 1))] as const

type Scope = { kind?: OperationKind; key?: string }

const idOf = (
  subject: string,
  clientId: string | undefined,
  { kind = 'create', key = 'key' }: Scope = {},
): string | undefined =>
  toIdempotentRequest({
    kind,
    key: new Secret(key),
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

test('one key is two for two kinds of change', () => {
  assert.notEqual(idOf('ana', 'portal', { kind: 'create' }), idOf('ana', 'portal', { kind: 'delete' }))
})

test('a subject, a client and a key that read the same one after the other are another request when cut elsewhere', () => {
  const ids = [
    idOf('ana', 'portal', { key: 'key' }),
    idOf('anap', 'ortal', { key: 'key' }),
    idOf('ana', 'porta', { key: 'lkey' }),
    idOf('ana","portal', undefined, { key: 'key' }),
  ]
  assert.equal(new Set(ids).size, ids.length)
})
