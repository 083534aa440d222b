import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RetrievalRow } from '../../src/database/schema.ts'
import { Problem } from '../../src/problem.ts'
import { refuseDead } from '../../src/secret-retrievals/refuse-dead.ts'
import { retrievalRow } from '../database/rows.ts'

const redeemedAt = '2026-06-01T12:00:00.000Z'
const ana = {
  subject: 'ana',
  clientId: undefined,
  actingParties: [],
  teams: ['payments'],
  scopes: new Set<string>(),
}

/** The refusal of a retrieval in that state, so many milliseconds after it was redeemed. */
const refusalOf = (
  state: RetrievalRow['state'],
  { laterMs = 0, subject = 'ana', replacedBy = null as string | null } = {},
): Problem | undefined => {
  const row = retrievalRow({
    ...{ state, redeemed_at: redeemedAt, redeemed_by: subject, replaced_by: replacedBy },
  }) as RetrievalRow
  const databaseTime = new Date(Date.parse(redeemedAt) + laterMs).toISOString()
  try {
    refuseDead({ ...row, databaseTime }, ana)
    return undefined
  } catch (error) {
    assert.ok(error instanceof Problem)
    return error
  }
}

test('an outstanding token is not refused', () => {
  assert.equal(refusalOf('outstanding'), undefined)
})

test('409 for an outstanding token whose secret is being replaced; a dead one stays what it is', () => {
  const codeOf = (state: RetrievalRow['state']) => refusalOf(state, { replacedBy: 'operation' })?.code
  assert.equal(codeOf('outstanding'), 'operation_in_progress')
  for (const state of ['expired', 'revoked', 'redeemed'] as const)
    assert.equal(codeOf(state), `retrieval_${state}`)
})

test('410 names the call for a new secret, with the client in it', () => {
  for (const state of ['expired', 'revoked', 'redeemed'] as const)
    for (const replacedBy of [null, 'operation'])
      assert.match(
        refusalOf(state, { replacedBy })?.message ?? '',
        /POST \/web-session-clients\/pa_wam\/secret-rotations\.$/,
      )
})

test('410 tells what has become of a token, and the audit trail whose client it was', () => {
  for (const state of ['expired', 'revoked', 'redeemed'] as const) {
    const { status, code, about } = refusalOf(state) ?? assert.fail(state)
    assert.deepEqual([status, code], [410, `retrieval_${state}`])
    assert.deepEqual([about?.team, about?.clientId], ['payments', 'pa_wam'])
  }
})

test('the subject that redeemed it tries again within ten seconds; anybody else, or later, uses it again', () => {
  const outcomeOf = (when: Parameters<typeof refusalOf>[1]) => refusalOf('redeemed', when)?.about?.outcome
  assert.equal(outcomeOf({ laterMs: 10_000 }), 'retried')
  assert.equal(outcomeOf({ laterMs: 10_001 }), 'reused')
  assert.equal(outcomeOf({ subject: 'ben' }), 'reused')
})
