import assert from 'node:assert/strict'
import { test } from 'node:test'
import { report } from './report.ts'

const words = (text: string) => text.split('\n').map(line => line.split(/ {2,}/))

test('a line tells the median, the noise, the goal, the verdict and the note', () => {
  const text = report([
    {
      what: 'create ÷ bare',
      values: [0.3, 0.1, 0.2],
      noise: [1, 1, 1],
      goal: { atLeast: 0.1 },
      note: 'a note',
    },
    { what: 'added p50 (ms)', values: [23.4], noise: [Math.exp(1 / 6)], goal: { atMost: 1 } },
    { what: 'create ÷ before', values: [2], noise: [1], goal: 'before' },
    { what: 'resident memory (MB)', values: [199.6], noise: [], goal: { atMost: 200 } },
    { what: 'exec to the first 200 (ms)', values: [400.4], noise: [] },
  ])

  assert.deepEqual(words(text), [
    ['create ÷ bare', '0.20', '× 1.00', '≥ 0.1', 'reached', 'a note'],
    ['added p50 (ms)', '23', '× 2.72', '≤ 1', 'NOT REACHED'],
    ['create ÷ before', '2.00', '× 1.00', 'faster'],
    ['resident memory (MB)', '200', '≤ 200', 'reached'],
    ['exec to the first 200 (ms)', '400'],
  ])
})
