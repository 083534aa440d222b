import type { Line } from './suite.ts'

/** Each figure beside its goal. */
export const report = (lines: readonly Line[]): string => lines.map(toText).join('\n')

const toText = ({ what, value, goal, note = '' }: Line): string =>
  [
    what.padEnd(58),
    value.toFixed(Math.abs(value) < 20 ? 2 : 0).padStart(8),
    `   ${toGoal(goal)}`.padEnd(14),
    toVerdict(value, goal).padEnd(12),
    note,
  ]
    .join('')
    .trimEnd()

const toGoal = (goal: Line['goal']): string => {
  if (!goal) return ''
  return 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
}

const toVerdict = (value: number, goal: Line['goal']): string => {
  if (!goal) return ''
  return ('atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost) ? 'reached' : 'NOT REACHED'
}
