/** What was measured by case; a baseline stands in every round twice and has two in each. */
export type Round<Measured> = Record<string, readonly Measured[]>

/** `before`: the figure is a throughput in parts of another build's. */
export type Goal = { atLeast: number } | { atMost: number } | 'before'

/** A figure, as it was found in each round. */
export type Figure = {
  values: readonly number[]
  /** In each round, the figure by the baseline's first measurement ÷ the same figure by its second; empty without a baseline. */
  noise: readonly number[]
}

/** A property of a case in a round. */
type Of<Measured> = (name: string, property: keyof Measured) => number

/** Compares cases within each round, because only what was measured within the same seconds can be compared. */
export const compare = <Measured extends Record<string, number>>(
  rounds: readonly Round<Measured>[],
  how: (of: Of<Measured>) => number,
): Figure => {
  const by = (choose: (all: readonly Measured[]) => readonly Measured[]) => (round: Round<Measured>) =>
    how((name, property) => mean(choose(round[name] ?? []).map(measured => measured[property] ?? Number.NaN)))
  const first = by(all => all.slice(0, 1))
  const last = by(all => all.slice(-1))
  return { values: rounds.map(by(all => all)), noise: rounds.map(round => first(round) / last(round)) }
}

/** A property of one case in parts of its baseline's. */
export const ratio = <Measured extends Record<string, number>>(
  rounds: readonly Round<Measured>[],
  property: keyof Measured,
  name: string,
  baseline: string,
): Figure => compare(rounds, of => of(name, property) / of(baseline, property))

/** Of a hundred figures of five rounds, one or two then show a change that is none; with five it would be three. */
const caution = 6
/** The other rounds are those in which the machine did something else; a median is not moved by them either. */
const countedRounds = 0.75

/**
 * The factor by which a figure may differ although nothing has changed, from 1; NaN where the noise cannot be told. Each
 * round adds to what is known, so it shrinks with the root of their number.
 */
export const toSpread = ({ noise }: Pick<Figure, 'noise'>): number => {
  if (noise.length === 0) return 1
  const differences = Float64Array.from(noise, each => Math.abs(Math.log(each))).sort()
  const counted = [...differences.slice(0, Math.ceil(countedRounds * noise.length))]
  return Math.exp(caution * Math.sqrt(mean(counted.map(each => each ** 2)) / noise.length))
}

/** What can be said of a goal, or of a change, whatever the noise has made of the figure; `''` without a goal. */
export const toVerdict = (figure: Figure, goal: Goal | undefined): string => {
  if (goal === undefined) return ''
  const { low, high } = toBounds(figure)
  if (goal === 'before') return choose([low > 1, 'faster'], [high < 1, 'SLOWER'], 'no change seen')
  return 'atLeast' in goal
    ? choose([low >= goal.atLeast, 'reached'], [high < goal.atLeast, 'NOT REACHED'], 'within noise')
    : choose([high <= goal.atMost, 'reached'], [low > goal.atMost, 'NOT REACHED'], 'within noise')
}

type Choice = [is: boolean, verdict: string]

const choose = (better: Choice, worse: Choice, otherwise: string): string =>
  [better, worse].find(([is]) => is)?.[1] ?? otherwise

/** A difference can be below zero, where more spread is lower. */
const toBounds = (figure: Figure): { low: number; high: number } => {
  const value = median(figure.values)
  const ends = [value / toSpread(figure), value * toSpread(figure)]
  return { low: Math.min(...ends), high: Math.max(...ends) }
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
