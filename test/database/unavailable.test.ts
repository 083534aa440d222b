import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitUnknown, DatabaseUnavailable, isDatabaseUnavailable } from '../../src/database/unavailable.ts'

const sqliteError = (errcode: number) => ({ code: 'ERR_SQLITE_ERROR', errcode })

/** SQLITE_BUSY, its extended SQLITE_BUSY_SNAPSHOT, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
const unavailableSqlite = [5, 517, 6, 8, 10, 11, 13, 14, 26]
/** SQLITE_ERROR, SQLITE_CONSTRAINT and its extended SQLITE_CONSTRAINT_UNIQUE, SQLITE_MISMATCH. */
const brokenSqlite = [1, 19, 2067, 20]

const unavailableStates = [
  ...['08006', '08P01', '53300', '57014', '57P01', '58030', '40001', '40P01'],
  ...['25006', '25P03', '55P03', '0A000'],
]
const brokenStates = ['23505', '23514', '22001', '42601', '42P01', '25P02', '28P01', '3D000']

test('a database that cannot be used now is told from one that was asked something wrong', () => {
  for (const errcode of unavailableSqlite)
    assert.ok(isDatabaseUnavailable(sqliteError(errcode)), `${errcode}`)
  for (const errcode of brokenSqlite) assert.ok(!isDatabaseUnavailable(sqliteError(errcode)), `${errcode}`)
  for (const code of unavailableStates) assert.ok(isDatabaseUnavailable({ code }), code)
  for (const code of brokenStates) assert.ok(!isDatabaseUnavailable({ code }), code)
})

test('a connection that could not be had counts whatever its cause, and so does a commit that nobody knows of', () => {
  const cause = new Error('from a test')
  for (const error of [new DatabaseUnavailable(cause), new CommitUnknown(cause)]) {
    assert.ok(isDatabaseUnavailable(error))
    assert.equal(error.cause, cause)
  }
})

test('nothing else is the database’s fault', () => {
  for (const error of [undefined, null, 'no', 5, {}, new Error('no'), { code: 5 }, { code: 'ECONNRESET' }])
    assert.ok(!isDatabaseUnavailable(error), String(error))
  assert.ok(!isDatabaseUnavailable({ code: 'ERR_SQLITE_ERROR', errcode: '5' }))
})
