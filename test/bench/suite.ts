import { compare, median, type Round } from './figures.ts'
import type { Ground } from './ground.ts'
import { load, type Measured, type Target } from './load.ts'
import type { Running } from './processes.ts'
import type { Line } from './report.ts'

export type Result = Measured & {
  /** Of the measured process alone. */
  cpuMicrosecondsPerRequest: number
  residentMegabytes: number
}

export type Case = {
  name: string
  target: Target
  server: Running
  connections: number
  /** What PingFederate takes to answer, in milliseconds. */
  upstreamMs?: number
}

export type Options = { rounds: number; seconds: number; memorySeconds: number; outstanding: number }

/** Some cases on servers of their own, so that what fails in one suite says nothing about the others. */
export type Suite = {
  name: string
  run: (ground: Ground, options: Options, say: (text: string) => void) => Promise<Line[]>
}

/** Short rounds that alternate, each case warmed up as long as a round takes. A baseline stands among the cases twice. */
export const runRounds = async (
  ground: Ground,
  cases: readonly Case[],
  { rounds, seconds }: Options,
): Promise<Round<Result>[]> => {
  for (const each of new Set(cases)) await runCase(ground, each, seconds)
  const results: Round<Result>[] = []
  for (let count = 0; count < rounds; count += 1) {
    const round: Round<Result> = {}
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

/** How many requests a case may send, at most, if it sends so many a second. */
export const countRequests = (perSecond: number, { rounds, seconds }: Options): number =>
  Math.ceil(perSecond * seconds * (1 + timesInARound * rounds))

const timesInARound = 2

const columns = [
  ['requests/s', 'perSecond', 0],
  ['p50 ms', 'p50Ms', 2],
  ['p99 ms', 'p99Ms', 2],
  ['CPU µs', 'cpuMicrosecondsPerRequest', 1],
  ['MB', 'residentMegabytes', 0],
  ['503', 'refused', 0],
] as const

/** What each case took, as a table. */
export const toTable = (rounds: readonly Round<Result>[]): string =>
  [
    `${'case'.padEnd(38)}${columns.map(([title]) => title.padStart(12)).join('')}`,
    ...Object.keys(rounds[0] ?? {}).map(name => {
      const cells = columns.map(([, property, digits]) =>
        median(compare(rounds, of => of(name, property)).values).toFixed(digits),
      )
      return `${name.padEnd(38)}${cells.map(cell => cell.padStart(12)).join('')}`
    }),
  ].join('\n')
