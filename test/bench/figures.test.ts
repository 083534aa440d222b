import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../stress/random.ts'
import { compare, type Figure, median, ratio, toSpread, toVerdict } from './figures.ts'

type Measured = { perSecond: number; p50Ms: number }

const at = (perSecond: number, p50Ms = 1): Measured => ({ perSecond, p50Ms })

const rounded = (figures: readonly number[]) => figures.map(each => Math.round(each * 1000) / 1000)

/** A figure whose baseline differs from itself by one factor, up and down in turn. */
const figureOf = (value: number, factor: number, rounds = 4): Figure => ({
  values: Array.from({ length: rounds }, () => value),
  noise: Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? factor : 1 / factor)),
})

test('a ratio is that of a round, to the mean of what its baseline took before and after', () => {
  const rounds = [
    { bare: [at(90), at(110)], create: [at(10)] },
    { bare: [at(400), at(400)], create: [at(100)] },
  ]

  assert.deepEqual(ratio(rounds, 'perSecond', 'create', 'bare').values, [0.1, 0.25])
})

test('noise is the figure by the baseline’s first measurement in parts of that by its second', () => {
  const rounds = [
    { bare: [at(80), at(100)], create: [at(10)] },
    { bare: [at(100), at(50)], create: [at(10)] },
  ]

  assert.deepEqual(rounded(ratio(rounds, 'perSecond', 'create', 'bare').noise), [1.25, 0.5])
})

test('a case that is measured twice as well brings its own noise', () => {
  const rounds = [{ bare: [at(100), at(100)], create: [at(30), at(20)] }]

  assert.deepEqual(rounded(ratio(rounds, 'perSecond', 'create', 'bare').noise), [1.5])
})

test('a difference is compared within a round, by the property that is asked for', () => {
  const rounds = [{ direct: [at(1, 2), at(1, 4)], create: [at(1, 5)] }]

  const added = compare(rounds, of => of('create', 'p50Ms') - of('direct', 'p50Ms'))

  assert.deepEqual(added, { values: [2], noise: [3] })
})

test('a case that was not measured has no figure and no verdict', () => {
  const figure = ratio([{ bare: [at(1), at(1)] }], 'perSecond', 'create', 'bare')

  assert.ok(Number.isNaN(median(figure.values)))
  assert.equal(toVerdict(figure, { atLeast: 0 }), 'within noise')
  assert.equal(toVerdict(figure, 'before'), 'no change seen')
})

test('the median is the one in the middle, or between the two there', () => {
  assert.equal(median([100, 1, 2]), 2)
  assert.equal(median([4, 1, 100, 2]), 3)
  assert.ok(Number.isNaN(median([])))
})

test('the spread is six times what rounds differ by over the root of their number, up and down alike', () => {
  const six = (count: number) => Math.exp((6 * Math.log(1.1)) / Math.sqrt(count))

  for (const count of [1, 4, 16])
    assert.deepEqual(rounded([toSpread(figureOf(1, 1.1, count))]), rounded([six(count)]))
})

test('a baseline that always differs from itself the same way is noise, too', () => {
  assert.ok(toSpread({ noise: [1.2, 1.2, 1.2, 1.2] }) > 1.3)
})

test('the quarter of the rounds in which the baseline differs most does not count, whichever they are', () => {
  const undisturbed = toSpread({ noise: [1.1, 1.1, 1.1, 1.1] })

  for (const burst of [2, 0.5, Number.NaN])
    assert.equal(toSpread({ noise: [1.1, burst, 1.1, 1.1] }), undisturbed)
  assert.ok(toSpread({ noise: [1.1, 2, 2, 1.1] }) > undisturbed)
})

test('a figure without a baseline has no spread', () => {
  assert.equal(toSpread({ noise: [] }), 1)
})

const verdicts: [
  title: string,
  value: number,
  factor: number,
  goal: Parameters<typeof toVerdict>[1],
  string,
][] = [
  ['a figure above what it is at least to be', 1.2, 1.15, { atLeast: 1 }, 'reached'],
  ['one above it by no more than noise', 1.1, 1.15, { atLeast: 1 }, 'within noise'],
  ['one below it by no more than noise', 0.9, 1.15, { atLeast: 1 }, 'within noise'],
  ['one below it', 0.8, 1.15, { atLeast: 1 }, 'NOT REACHED'],
  ['one below what it is at most to be', 0.8, 1.15, { atMost: 1 }, 'reached'],
  ['one below that by no more than noise', 0.9, 1.15, { atMost: 1 }, 'within noise'],
  ['one above that by no more than noise', 1.1, 1.15, { atMost: 1 }, 'within noise'],
  ['one above that', 1.2, 1.15, { atMost: 1 }, 'NOT REACHED'],
  ['a difference below zero', -0.1, 1.15, { atMost: 1 }, 'reached'],
  ['a difference below zero that is to be one', -1, 1.15, { atLeast: 1 }, 'NOT REACHED'],
  ['one near the bound that it is to be below', -1.1, 1.15, { atMost: -1 }, 'within noise'],
  ['the goal itself, where nothing is noise', 1, 1, { atLeast: 1 }, 'reached'],
  ['the most that is allowed, where nothing is noise', 1, 1, { atMost: 1 }, 'reached'],
  ['a throughput above another build’s', 1.2, 1.15, 'before', 'faster'],
  ['one above it by no more than noise', 1.1, 1.15, 'before', 'no change seen'],
  ['one below it by no more than noise', 0.9, 1.15, 'before', 'no change seen'],
  ['one below it', 0.8, 1.15, 'before', 'SLOWER'],
  ['the very same throughput', 1, 1, 'before', 'no change seen'],
  ['what is held against nothing', 1, 1.15, undefined, ''],
]

for (const [title, value, spread, goal, verdict] of verdicts)
  test(`${title} is ${verdict || 'no verdict'}: ${value}, ${JSON.stringify(goal) ?? 'no goal'}`, () => {
    // Over the root of four rounds it is three times what a round differs by.
    assert.equal(toVerdict(figureOf(value, Math.cbrt(spread)), goal), verdict)
  })

test('a third more and a quarter less are seen in five noisy rounds, and next to never a change between equal builds', () => {
  const { integer } = createRandom(4711, 'noise')
  // The sum of twelve is as good as a normal distribution, here with a deviation of five per cent.
  const noisy = (value: number) =>
    at(
      value *
        Math.exp(0.05 * (Array.from({ length: 12 }, () => integer(1e6) / 1e6).reduce((a, b) => a + b) - 6)),
    )
  const runs = 2000
  const count = (factor: number, verdict: string) =>
    Array.from({ length: runs }, () =>
      Array.from({ length: 5 }, () => ({ before: [noisy(1), noisy(1)], now: [noisy(factor)] })),
    ).filter(rounds => toVerdict(ratio(rounds, 'perSecond', 'now', 'before'), 'before') === verdict).length

  assert.ok(count(1, 'no change seen') > 0.97 * runs)
  assert.ok(count(4 / 3, 'faster') > 0.95 * runs)
  assert.ok(count(3 / 4, 'SLOWER') > 0.95 * runs)
})
