import { setTimeout as delay } from 'node:timers/promises'
import { readMemoryLimits } from '../../container/dockerfile.ts'
import { buildBundle } from '../bundle.ts'
import { load } from '../load.ts'
import { median, type Suite } from '../suite.ts'

const samples = 9
/** By then whatever the start has left to do is done. */
const idleMs = 2_000

/** Resident memory of what the image runs, with the limits it sets, while clients are created without a pause. */
export const memory: Suite = {
  name: 'memory',
  run: async (ground, { memorySeconds }, say) => {
    const service = await ground.start({
      name: 'service',
      file: buildBundle(),
      env: { ...ground.envWith(`sqlite:${ground.path('service.db')}`), ...readMemoryLimits() },
    })
    await delay(idleMs)
    const idle = (await service.usage()).residentBytes / 1024 ** 2
    const target = ground.targets.create(service)
    const megabytes: number[] = []
    for (let sample = 0; sample < samples; sample += 1) {
      await load(target, 50, memorySeconds / samples)
      megabytes.push((await service.usage()).residentBytes / 1024 ** 2)
    }
    say(`resident memory (MB): ${megabytes.map(each => each.toFixed(0)).join(', ')}`)
    return [
      { what: 'resident memory (MB), idle', value: idle, goal: { atMost: 140 } },
      { what: 'resident memory (MB), maximum', value: Math.max(...megabytes), goal: { atMost: 200 } },
      {
        what: `resident memory, last third ÷ the one before, ${memorySeconds} s`,
        value: median(megabytes.slice(-3)) / median(megabytes.slice(-6, -3)),
        goal: { atMost: 1.05 },
      },
    ]
  },
}
