import type { Ground } from './ground.ts'
import { load, type Measured, type Target } from './load.ts'
import type { Running } from './processes.ts'

export type Result = Measured & {
  /** Of the measured process alone. */
  cpuMicrosecondsPerRequest: number
  residentMegabytes: number
}

/** Results by case; one that stands in the order of a round twice has two in each. */
export type Round = Record<string, Result[]>

export type Case = {
  name: string
  target: Target
  server: Running
  connections: number
  /** What PingFederate takes to answer, in milliseconds. */
  upstreamMs?: number
}

/** One line of the report; `goal` is missing where the figure only says how much to trust the others. */
export type Line = {
  what: string
  value: number
  goal?: { atLeast: number } | { atMost: number }
  note?: string
}

export type Options = { rounds: number; seconds: number; memorySeconds: number }

/** Some cases on servers of their own, so that what fails in one suite says nothing about the others. */
export type Suite = {
  name: string
  run: (ground: Ground, options: Options, say: (text: string) => void) => Promise<Line[]>
}

const warmUpSeconds = 1.5

/** Short rounds that alternate, because only what was measured within the same seconds can be compared. */
export const runRounds = async (
  ground: Ground,
  cases: readonly Case[],
  { rounds, seconds }: Options,
): Promise<Round[]> => {
  const names = new Set<string>()
  for (const each of cases) {
    if (!names.has(each.name)) await runCase(ground, each, warmUpSeconds)
    names.add(each.name)
  }
  const results: Round[] = []
  for (let count = 0; count < rounds; count += 1) {
    const round: Round = {}
    // Every other round backwards, so that nothing gains from what always runs before it.
    for (const each of count % 2 === 0 ? cases : cases.toReversed())
      round[each.name] = [...(round[each.name] ?? []), await runCase(ground, each, seconds)]
    results.push(round)
  }
  return results
}

const runCase = async (
  { pingFederate }: Ground,
  { target, server, connections, upstreamMs = 0 }: Case,
  seconds: number,
): Promise<Result> => {
  pingFederate.tell(upstreamMs)
  const before = await server.usage()
  const measured = await load(target, connections, seconds)
  const after = await server.usage()
  return {
    ...measured,
    cpuMicrosecondsPerRequest: (after.cpuMicroseconds - before.cpuMicroseconds) / measured.requests,
    residentMegabytes: after.residentBytes / 1024 ** 2,
  }
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}

const mean = (results: readonly Result[] = [], property: keyof Result): number =>
  results.reduce((sum, result) => sum + result[property], 0) / results.length

/** Median over the rounds of a comparison that is made within each. */
export const compare = (
  rounds: readonly Round[],
  how: (of: (name: string, property: keyof Result) => number) => number,
): number => median(rounds.map(round => how((name, property) => mean(round[name], property))))

/** Throughput of one case in parts of another's. */
export const ratio = (rounds: readonly Round[], name: string, to: string): number =>
  compare(rounds, of => of(name, 'perSecond') / of(to, 'perSecond'))

const columns = [
  ['requests/s', 'perSecond', 0],
  ['p50 ms', 'p50Ms', 2],
  ['p99 ms', 'p99Ms', 2],
  ['CPU µs', 'cpuMicrosecondsPerRequest', 1],
  ['MB', 'residentMegabytes', 0],
  ['503', 'refused', 0],
] as const

/** What each case took, as a table. */
export const toTable = (rounds: readonly Round[]): string =>
  [
    `${'case'.padEnd(24)}${columns.map(([title]) => title.padStart(12)).join('')}`,
    ...Object.keys(rounds[0] ?? {}).map(name => {
      const cells = columns.map(([, property, digits]) =>
        compare(rounds, of => of(name, property)).toFixed(digits),
      )
      return `${name.padEnd(24)}${cells.map(cell => cell.padStart(12)).join('')}`
    }),
  ].join('\n')
