import type { Result, Rounds } from './cases.ts'

type StartUp = readonly { source: number; compiled: number }[]

const goals = [
  { what: 'create ÷ bare route', of: 'create', to: 'bare', atLeast: 0.25 },
  { what: 'redeem ÷ bare route', of: 'redeem', to: 'bare', atLeast: 0.8 },
  { what: 'create ÷ naive build of it', of: 'create', to: 'naive', atLeast: 7 },
  { what: 'create ÷ direct, PingFederate taking 20 ms', of: 'create-20ms', to: 'direct-20ms', atLeast: 0.9 },
] as const
const maxAddedMs = 1
const maxResidentMegabytes = 160
const maxStartMs = 450
const maxStartRatio = 0.85

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}

const mean = (results: readonly Result[] = [], property: keyof Result): number =>
  results.reduce((sum, result) => sum + result[property], 0) / results.length

/** Each comparison made within a round, then the median over the rounds; not a number for cases that were left out. */
const compare = (rounds: Rounds, of: string, to: string): number =>
  median(rounds.map(round => mean(round[of], 'perSecond') / mean(round[to], 'perSecond')))

/** The results as text: what has a goal first, then what each case took. */
export const report = (rounds: Rounds, startUp: StartUp): string => {
  const noise = rounds.map(({ bare }) => (bare?.[0]?.perSecond ?? 0) / (bare?.[1]?.perSecond ?? 0))
  const added = rounds.map(round => mean(round['create-one'], 'p50Ms') - mean(round['direct-one'], 'p50Ms'))
  const resident = Math.max(
    ...rounds.flatMap(serviceResults).map(({ residentMegabytes }) => residentMegabytes),
  )
  const lines = [
    line('bare ÷ bare route (noise)', median(noise), `${toRange(noise)}`),
    ...goals.map(({ what, of, to, atLeast }) => {
      const ratio = compare(rounds, of, to)
      return line(what, ratio, `≥ ${atLeast}`, ratio >= atLeast)
    }),
    line(
      'create, one connection, added p50 (ms)',
      median(added),
      `≤ ${maxAddedMs}`,
      median(added) <= maxAddedMs,
    ),
    line('resident memory (MB)', resident, `≤ ${maxResidentMegabytes}`, resident <= maxResidentMegabytes),
    ...startUpLines(startUp),
  ]
  return ['', ...lines.filter(text => text !== undefined), '', ...caseLines(rounds), ''].join('\n')
}

const startUpLines = (startUp: StartUp) => {
  const ms = median(startUp.map(({ source }) => source))
  const ratio = median(startUp.map(({ source, compiled }) => source / compiled))
  return [
    line('start to listening (ms)', ms, `≤ ${maxStartMs}`, ms <= maxStartMs),
    line('start ÷ the same as JavaScript', ratio, `≤ ${maxStartRatio}`, ratio <= maxStartRatio),
  ]
}

const line = (what: string, value: number, goal: string, isMet?: boolean): string | undefined => {
  if (!Number.isFinite(value)) return undefined
  const verdict = isMet === undefined ? '' : isMet ? 'met' : 'NOT MET'
  return `${what.padEnd(44)}${value.toFixed(value < 20 ? 2 : 0).padStart(8)}   ${goal.padEnd(12)} ${verdict}`
}

const toRange = (values: readonly number[]): string =>
  `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`

const serviceResults = (round: Rounds[number]): Result[] =>
  ['create', 'create-20ms', 'create-one', 'redeem'].flatMap(name => round[name] ?? [])

const columns = [
  ['requests/s', 'perSecond', 0],
  ['p50 ms', 'p50Ms', 2],
  ['p99 ms', 'p99Ms', 2],
  ['CPU µs', 'cpuMicrosecondsPerRequest', 1],
  ['MB', 'residentMegabytes', 0],
] as const

const caseLines = (rounds: Rounds): string[] => [
  `${'case'.padEnd(14)}${columns.map(([title]) => title.padStart(12)).join('')}`,
  ...Object.keys(rounds[0] ?? {}).map(name => {
    const cells = columns.map(([, property, digits]) =>
      median(rounds.map(round => mean(round[name], property))).toFixed(digits),
    )
    return `${name.padEnd(14)}${cells.map(cell => cell.padStart(12)).join('')}`
  }),
]
