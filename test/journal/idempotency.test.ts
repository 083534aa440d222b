import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import type { OperationKind } from '../../src/database/vocabulary.ts'
import {
  findKnownInTurn,
  findKnownRequest,
  type IdempotentRequest,
  rememberRequest,
  toIdempotentRequest,
} from '../../src/journal/idempotency.ts'
import { Secret } from '../../src/secret.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'
import { beginOperation, expired } from './begun.ts'

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

const requestOf = (id: string, expiresAt = farFuture): IdempotentRequest => ({
  key: new Secret(id),
  ids: [id],
  digests: ['digest'],
  expiresAt,
})

const remember = (store: Store, request: IdempotentRequest, operationId: string, replaces?: string) =>
  store.write(trx => rememberRequest(trx, request, operationId, replaces))

onEachEngine('idempotency', openStore => {
  test('a key is remembered for one of many that bring it at once', async t => {
    const store = await openStore(t)
    const operations = Array.from({ length: 20 }, (_, index) => `operation ${index}`)
    const results = await Promise.all(operations.map(each => remember(store, requestOf('key'), each)))
    assert.equal(results.filter(Boolean).length, 1)
    const rows = await store.db.selectFrom('idempotency').select('operation_id').execute()
    assert.deepEqual(
      rows.map(row => row.operation_id),
      [operations[results.indexOf(true)]],
    )
  })

  test('a key is found with its operation, until its time is over; then it may be used again', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    assert.equal(await remember(store, requestOf('key'), 'operation'), true)
    const known = await findKnownRequest(store.db, requestOf('key'))
    assert.equal(known?.operation.operation_id, 'operation')
    assert.equal(known?.hasSameBody, true)
    await store.write(trx => trx.updateTable('idempotency').set({ expires_at: expired }).execute())
    assert.equal(await findKnownRequest(store.db, requestOf('key')), undefined)
    assert.equal(await remember(store, requestOf('key'), 'second'), true)
    assert.equal(await remember(store, requestOf('key'), 'third'), false)
  })

  test('of many that take the place of a failed operation at once one does', async t => {
    const store = await openStore(t)
    await remember(store, requestOf('key'), 'failed')
    const take = (_: unknown, index: number) => remember(store, requestOf('key'), `next ${index}`, 'failed')
    const results = await Promise.all(Array.from({ length: 20 }, take))
    assert.equal(results.filter(Boolean).length, 1)
  })
})
