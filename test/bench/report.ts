import { type Figure, type Goal, median, toSpread, toVerdict } from './figures.ts'

/** One line of the report; `goal` is missing where the figure only says how much to trust the others. */
export type Line = Figure & { what: string; goal?: Goal; note?: string }

/** Each figure with the factor that is noise, its goal, and what follows. */
export const report = (lines: readonly Line[]): string => lines.map(toText).join('\n')

const toText = (line: Line): string =>
  [
    line.what.padEnd(62),
    toNumber(median(line.values)).padStart(7),
    line.noise.length === 0 ? ''.padEnd(10) : `  × ${toSpread(line).toFixed(2)}`.padEnd(10),
    toGoal(line.goal).padEnd(9),
    toVerdict(line, line.goal).padEnd(16),
    line.note ?? '',
  ]
    .join('')
    .trimEnd()

const toNumber = (value: number): string => value.toFixed(Math.abs(value) < 20 ? 2 : 0)

const toGoal = (goal: Goal | undefined): string => {
  if (goal === undefined || goal === 'before') return ''
  return 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
}
