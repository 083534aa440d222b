import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientRow } from '../../src/database/schema.ts'
import { toEntityTag } from '../../src/web-session-clients/client-row.ts'
import { requireMet } from '../../src/web-session-clients/precondition.ts'
import { clientRow } from '../database/rows.ts'

const row = { ...clientRow({}), version: 3 } as ClientRow

test('a change without a condition is refused, and one whose condition is not met any more brings the tag of now', () => {
  assert.throws(() => requireMet(undefined, row), { code: 'precondition_required', status: 428 })
  assert.throws(() => requireMet(['"2-x"'], row), {
    ...{ code: 'precondition_failed', status: 412 },
    headers: { etag: toEntityTag(row) },
  })
})

test('a change from what the client is goes on, and so does one from whatever it is', () => {
  requireMet([toEntityTag(row)], row)
  requireMet('*', row)
})

test('a client that was made later under the same id has another tag, though it was changed as often', () => {
  assert.notEqual(toEntityTag({ ...row, created_at: '2026-01-01T00:00:00.001Z' }), toEntityTag(row))
})
