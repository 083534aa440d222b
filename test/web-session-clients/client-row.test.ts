import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientRow, OperationRow } from '../../src/database/schema.ts'
import {
  findCreatedClient,
  toEntityTag,
  toFacts,
  toUpdatedClient,
  toUpdateFacts,
  toWebSessionClient,
} from '../../src/web-session-clients/client-row.ts'
import { clientRow, operationRow } from '../database/rows.ts'

const toRow = (settings: object): ClientRow =>
  clientRow({ name: 'Shop', replication: 'replicating', settings: JSON.stringify(settings) }) as ClientRow

test('a setting is answered as it was stored, and one that only a newer version knows is not answered', () => {
  const stored = {
    callbackUnder: 'host',
    bypassAuthorizationApproval: false,
    scopes: [],
    fromLater: 'planted',
  }
  const { callbackUnder, bypassAuthorizationApproval, scopes, ...others } = toWebSessionClient(toRow(stored))
  assert.deepEqual([callbackUnder, bypassAuthorizationApproval, scopes], ['host', false, []])
  assert.doesNotMatch(JSON.stringify(others), /fromLater|planted/)
})

test('a client that is switched off is shown as disabled once the engines know it, and not before', () => {
  const settings = JSON.stringify({ enabled: false })
  for (const [replication, status] of [
    ['ready', 'disabled'],
    ['replicating', 'replicating'],
    ['failed', 'failed'],
  ] as const)
    assert.equal(toWebSessionClient(clientRow({ settings, replication }) as ClientRow).status, status)
})

test('a client that has drifted is shown with how and since when, and so is what a change has kept of it', () => {
  const found = { drift: 'missing', drift_found_at: '2026-01-02T00:00:00.000Z' } as const
  const row = { ...toRow({}), ...found, version: 1 }
  const drift = { state: 'missing', foundAt: '2026-01-02T00:00:00.000Z' }
  assert.deepEqual(toWebSessionClient(row).drift, drift)
  assert.deepEqual(toUpdatedClient(toUpdateFacts(row), 'pa_wam').client.drift, drift)
  assert.equal(toWebSessionClient(toRow({})).drift, null)
})

test('facts of a version that did not know of drift are those of a client that has not drifted', () => {
  const { drift, ...former } = JSON.parse(toUpdateFacts(toRow({})))
  assert.equal(drift, null)
  assert.equal(toUpdatedClient(JSON.stringify(former), 'pa_wam').client.drift, null)
})

test('what a create keeps is the client that was answered, whatever becomes of the row', () => {
  const row = toRow({ requirePkce: true })
  const operation = { ...operationRow({ state: 'done' }), facts: toFacts(row), answer: null } as OperationRow
  assert.deepEqual(findCreatedClient(operation), toWebSessionClient(row))
})

test('an operation that keeps nothing has made no client', () => {
  const operation = { ...operationRow({ state: 'failed' }), facts: null, answer: null } as OperationRow
  assert.equal(findCreatedClient(operation), undefined)
})

test('the tag is that of the version and of the life of the client, in quotes', () => {
  assert.deepEqual(
    [1, 12].map(version => toEntityTag({ version, created_at: '2026-01-01T00:00:00.001Z' })),
    ['"1-mjuohs01"', '"12-mjuohs01"'],
  )
})
