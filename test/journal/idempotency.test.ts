import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { OperationKind } from '../../src/database/vocabulary.ts'
import { findKnownInTurn, toIdempotentRequest } from '../../src/journal/idempotency.ts'
import { Secret } from '../../src/secret.ts'
import { openSqliteStore } from '../database/stores.ts'

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

test('requests with two server keys take turns by both ids, in an order that does not depend on which is current', async t => {
  const store = await openSqliteStore(t)
  const turnsOf = async (ids: readonly [string, ...string[]]): Promise<string[]> => {
    const turns: string[] = []
    const takeTurns = async (_trx: unknown, name: string): Promise<void> => void turns.push(name)
    const request = { key: new Secret('key'), ids, digests: [], expiresAt: '' }
    await store.write(trx => findKnownInTurn({ takeTurns }, trx, request))
    return turns
  }
  assert.deepEqual(await turnsOf(['a', 'b']), ['a', 'b'])
  assert.deepEqual(await turnsOf(['b', 'a']), ['a', 'b'])
  assert.deepEqual(await turnsOf(['a']), [])
})
