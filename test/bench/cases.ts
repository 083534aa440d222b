import { load, type Measured } from './load.ts'
import type { Bench } from './set-up.ts'

export type Result = Measured & {
  /** Of the measured process alone. */
  cpuMicrosecondsPerRequest: number
  residentMegabytes: number
}

/** Results by case; one that stands in the order of a round twice has two in each. */
export type Rounds = Record<string, Result[]>[]

type Case = {
  name: string
  target: keyof Bench['targets']
  server: keyof Bench['servers']
  connections: number
  /** What PingFederate takes to answer, in milliseconds. */
  upstreamMs: number
}

const many = { connections: 50, upstreamMs: 0 }
const slow = { connections: 50, upstreamMs: 20 }
const one = { connections: 1, upstreamMs: 0 }

/** In the order of a round: what is compared stands side by side. */
export const cases: readonly Case[] = [
  { name: 'bare', target: 'bare', server: 'bare', ...many },
  { name: 'create', target: 'create', server: 'service', ...many },
  { name: 'redeem', target: 'redeem', server: 'service', ...many },
  { name: 'bare', target: 'bare', server: 'bare', ...many },
  { name: 'naive', target: 'naive', server: 'naive', ...many },
  { name: 'direct-20ms', target: 'direct', server: 'pingFederate', ...slow },
  { name: 'create-20ms', target: 'create', server: 'service', ...slow },
  { name: 'direct-one', target: 'direct', server: 'pingFederate', ...one },
  { name: 'create-one', target: 'create', server: 'service', ...one },
]

/** Rejects when any answer is not the expected one: failures are fast, and would look like a good result. */
export const runCase = async (
  bench: Bench,
  { target, server, ...how }: Case,
  seconds: number,
): Promise<Result> => {
  bench.servers.pingFederate.tell(how.upstreamMs)
  const before = await bench.servers[server].usage()
  const measured = await load(bench.targets[target], how.connections, seconds)
  const after = await bench.servers[server].usage()
  return {
    ...measured,
    cpuMicrosecondsPerRequest: (after.cpuMicroseconds - before.cpuMicroseconds) / measured.requests,
    residentMegabytes: after.residentBytes / 1024 ** 2,
  }
}
