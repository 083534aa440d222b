import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRetryAfter } from '../../src/pingfederate/retry-after.ts'

/** By a clock that is years away from this machine's. */
const start = Date.UTC(2030, 0, 1)
const toDate = (afterMs: number): string => new Date(start + afterMs).toUTCString()

const cases: [string, number | undefined][] = [
  ['0', 0],
  ['7', 7],
  ['60', 60],
  ['61', 60],
  ['1000000000', 60],
  ['1e9', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  [toDate(30_000), 30],
  [toDate(3_600_000), 60],
  [toDate(-5_000), 0],
  ['Wed, 21 Oct 2026 07:28:00', undefined],
  ['Wed, 21 Foo 2026 07:28:00 GMT', undefined],
  ['Wed, 99 Oct 2026 07:28:00 GMT', undefined],
  ['9'.repeat(400), undefined],
]

test('17: a Retry-After is taken up to a minute, in seconds or as a date, and nonsense is not', () => {
  for (const [value, seconds] of cases)
    assert.equal(
      parseRetryAfter({ date: toDate(0), 'retry-after': value }, Number.NaN),
      seconds,
      value.slice(0, 40),
    )
})

test('a date counts from the answer’s own, and from now where that is missing or nonsense', () => {
  const now = start + 10_000
  const headers = { 'retry-after': toDate(30_000) }
  assert.equal(parseRetryAfter({ ...headers, date: toDate(0) }, now), 30)
  for (const date of [undefined, 'today']) assert.equal(parseRetryAfter({ ...headers, date }, now), 20)
})

test('without a Retry-After nothing is asked for', () => {
  assert.equal(parseRetryAfter({}, start), undefined)
})
