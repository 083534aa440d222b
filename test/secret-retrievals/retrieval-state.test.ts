import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RetrievalRow } from '../../src/database/schema.ts'
import { toRetrievalState } from '../../src/secret-retrievals/retrieval-state.ts'
import { retrievalRow } from '../database/rows.ts'

const expires_at = '2026-06-01T12:00:00.000Z'
const stateAt = (databaseTime: string, state: RetrievalRow['state'] = 'outstanding') =>
  toRetrievalState({ ...(retrievalRow({ state, expires_at }) as RetrievalRow), databaseTime })

test('a token is outstanding until its time is over by the database’s clock, to the millisecond', () => {
  assert.equal(stateAt('2026-06-01T11:59:59.999Z').state, 'outstanding')
  assert.equal(stateAt(expires_at).state, 'expired')
})

test('what has happened to a token stays, however late it is', () => {
  for (const state of ['redeemed', 'revoked', 'expired'] as const)
    assert.equal(stateAt('2027-01-01T00:00:00.000Z', state).state, state)
})

test('nothing of the state could redeem it', () => {
  assert.deepEqual(Object.keys(stateAt(expires_at)).sort(), [
    ...['expiresAt', 'redeemableBy', 'redeemedAt', 'redeemedBy', 'state'],
  ])
})
