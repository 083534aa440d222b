import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromCursor, toCursor } from '../../src/teams/cursor.ts'

test('the name of a team comes back from its cursor as it was, in every script', () => {
  for (const team of ['payments', 'Zürich', '支払い', '<b>&amp;', '*'])
    assert.equal(fromCursor(toCursor(team)), team)
})

test('422 for a cursor that says what no team can be called, or says it in another way than a page does', () => {
  for (const cursor of [
    '',
    toCursor(' a'),
    toCursor('a\nb'),
    `${toCursor('payments')}=`,
    `${toCursor('payments')}!`,
  ])
    assert.throws(() => fromCursor(cursor), { code: 'validation_failed' }, cursor)
})
