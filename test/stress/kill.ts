import { setTimeout } from 'node:timers/promises'
import type { ServiceProcess } from '../service-process.ts'
import type { Random } from './random.ts'

/** Processes of the service, each replaced by another when it was killed. */
export type Fleet = {
  urls: () => readonly [string, ...string[]]
  /** SIGKILL for one of them, and its successor on the same database. */
  replace: (index: number) => Promise<void>
  size: number
  /** Ends all of them with SIGTERM, and resolves to the ends that were neither SIGKILL by us nor 0. */
  stop: () => Promise<string[]>
}

export const startFleet = async (start: () => Promise<ServiceProcess>, size: number): Promise<Fleet> => {
  const processes = await Promise.all(Array.from({ length: size }, start))
  const wrongEnds: string[] = []
  const endWith = async ({ child, exited, lines }: ServiceProcess, signal: NodeJS.Signals, end: string) => {
    child.kill(signal)
    const actual = JSON.stringify(await exited)
    if (actual !== end) wrongEnds.push(`ended with ${actual}: ${lines.slice(-5).join('\n')}`)
  }
  return {
    size,
    urls: () => processes.map(({ url }) => url) as [string, ...string[]],
    replace: async index => {
      const old = processes[index]
      if (!old) return
      await endWith(old, 'SIGKILL', '[null,"SIGKILL"]')
      processes[index] = await start()
    },
    stop: async () => {
      await Promise.all(processes.map(each => endWith(each, 'SIGTERM', '[0,null]')))
      return wrongEnds
    },
  }
}

/** Kills one process after the other, whatever it does at that moment, until the signal comes. */
export const killAtRandom = async (
  fleet: Fleet,
  random: Random,
  { until, note }: { until: AbortSignal; note: (what: 'kill') => void },
): Promise<void> => {
  while (!until.aborted) {
    await setTimeout(random.between(1_500, 5_000), undefined, { signal: until }).catch(() => undefined)
    if (until.aborted) return
    note('kill')
    await fleet.replace(random.integer(fleet.size))
  }
}
