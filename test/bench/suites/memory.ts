import { setTimeout as delay } from 'node:timers/promises'
import { readMemoryLimits } from '../../container/dockerfile.ts'
import { buildBundle } from '../bundle.ts'
import { median } from '../figures.ts'
import type { Ground } from '../ground.ts'
import { load } from '../load.ts'
import type { Running } from '../processes.ts'
import type { Line } from '../report.ts'
import type { Suite } from '../suite.ts'

const samples = 9
/** By then whatever the start has left to do is done. */
const idleMs = 2_000

/** Resident megabytes, idle first and then while clients are created without a pause. */
const watch = async ({ targets }: Ground, server: Running, seconds: number): Promise<number[]> => {
  const measure = async () => (await server.usage()).residentBytes / 1024 ** 2
  await delay(idleMs)
  const megabytes = [await measure()]
  const target = targets.create(server)
  for (let sample = 0; sample < samples; sample += 1) {
    await load(target, 50, seconds / samples)
    megabytes.push(await measure())
  }
  return megabytes
}

const toLines = (engine: string, seconds: number, [idle = Number.NaN, ...loaded]: number[]): Line[] => [
  { what: `resident memory (MB), idle, ${engine}`, values: [idle], noise: [], goal: { atMost: 140 } },
  {
    what: `resident memory (MB), maximum, ${engine}`,
    values: [Math.max(...loaded)],
    noise: [],
    goal: { atMost: 200 },
  },
  {
    what: `resident memory, last third ÷ the one before, ${engine}`,
    values: [median(loaded.slice(-3)) / median(loaded.slice(-6, -3))],
    noise: [],
    goal: { atMost: 1.05 },
    note: `in ${seconds} s`,
  },
]

/** Resident memory of what the image runs, with the limits it sets, beside a bare Fastify server's with the same. */
export const memory: Suite = {
  name: 'memory',
  run: async (ground, { memorySeconds }, say) => {
    const env = readMemoryLimits()
    const tell = (name: string, megabytes: readonly number[]) =>
      say(`resident memory (MB), ${name}: ${megabytes.map(each => each.toFixed(0)).join(', ')}`)
    const bare = await ground.start({ name: 'bare', file: 'bare.ts', env })
    tell('bare', await watch(ground, bare, memorySeconds / samples))
    await bare.stop()
    const lines: Line[] = []
    const file = buildBundle()
    for (const engine of ground.engines) {
      const service = await ground.startService(engine, { file, env })
      const megabytes = await watch(ground, service, memorySeconds)
      await service.stop()
      tell(engine.name, megabytes)
      lines.push(...toLines(engine.name, memorySeconds, megabytes))
    }
    return lines
  },
}
