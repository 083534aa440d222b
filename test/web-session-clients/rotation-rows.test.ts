import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FoundRetrieval } from '../../src/secret-retrievals/find-retrieval.ts'
import { findLastEnd, readOverlap } from '../../src/web-session-clients/rotation-rows.ts'
import { retrievalRow } from '../database/rows.ts'

const databaseTime = '2026-06-01T12:00:00.000Z'
const endAfter = (overlapMinutes: number, earlier: string | null) =>
  findLastEnd(
    { ...retrievalRow({}), previous_ends_at: earlier, databaseTime } as FoundRetrieval,
    overlapMinutes,
  )

test('a former secret ends when the overlap is over, or when one that was former before it ends, if that is later', () => {
  assert.equal(endAfter(60, null), '2026-06-01T13:00:00.000Z')
  assert.equal(endAfter(60, '2026-06-01T12:30:00.000Z'), '2026-06-01T13:00:00.000Z')
  assert.equal(endAfter(60, '2026-06-01T14:00:00.000Z'), '2026-06-01T14:00:00.000Z')
  assert.equal(endAfter(0, '2026-06-01T14:00:00.000Z'), '2026-06-01T14:00:00.000Z')
})

test('none works any more after an overlap of 0, nor one whose time is over', () => {
  for (const earlier of [null, '2026-06-01T11:59:59.999Z', databaseTime])
    assert.equal(endAfter(0, earlier), null)
})

test('the overlap is read from what the intent kept, and what kept none is a defect', () => {
  assert.equal(readOverlap({ facts: '{"overlapMinutes":0}' }), 0)
  assert.throws(() => readOverlap({ facts: null }))
})
