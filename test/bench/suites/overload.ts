import { setTimeout as delay } from 'node:timers/promises'
import { Agent } from 'undici'
import { load, send, summarise, type Target } from '../load.ts'
import { median, type Suite } from '../suite.ts'

const times = 5
const connections = 1_500
const tickMs = 5

type Answered = {
  status: number
  ms: number
  /** Whether it came while the load lasted; what is answered afterwards is no throughput under that load. */
  isInTime: boolean
}

/** Sends at a rate whatever comes back, as many independent callers do, for so many seconds. */
const sendAtRate = async (target: Target, perSecond: number, seconds: number): Promise<Answered[]> => {
  const agent = new Agent({ connections, pipelining: 1 })
  const answers: Promise<Answered>[] = []
  const begun = performance.now()
  const sendOne = async (): Promise<Answered> => {
    const { status, ms } = await send(agent, target, target.nextBody() ?? null).catch(() => ({
      status: 0,
      ms: Number.NaN,
    }))
    return { status, ms, isInTime: performance.now() - begun <= seconds * 1000 }
  }
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - begun) / 1000) {
    for (const due = elapsed * perSecond; answers.length < due; ) answers.push(sendOne())
    await delay(tickMs)
  }
  const all = await Promise.all(answers)
  await agent.destroy()
  return all
}

/** Five times the load that the service can take, from callers who do not wait for each other. */
export const overload: Suite = {
  name: 'overload',
  run: async (ground, { rounds, seconds }, say) => {
    const service = await ground.start({
      name: 'service',
      env: ground.envWith(`sqlite:${ground.path('service.db')}`),
    })
    const target = ground.targets.create(service)
    await load(target, 50, seconds)
    const results: { kept: number; p50Ms: number; p99Ms: number }[] = []
    for (let round = 0; round < rounds; round += 1) {
      const best = (await load(target, 50, seconds)).perSecond
      const answers = await sendAtRate(target, times * best, seconds)
      const refused = answers.filter(({ status }) => status === 503).map(({ ms }) => ms)
      const created = answers.filter(({ status, isInTime }) => status === 201 && isInTime).length
      results.push({ kept: created / seconds / best, ...summarise(refused) })
      say(
        `best ${best.toFixed(0)}/s; of ${answers.length}: ${created} created in time, ${refused.length} refused`,
      )
    }
    const goodput = {
      what: `goodput at ${times} × the best load ÷ the best`,
      value: median(results.map(({ kept }) => kept)),
      goal: { atLeast: 0.9 },
    }
    const withRefusals = results.filter(({ p50Ms }) => Number.isFinite(p50Ms))
    if (withRefusals.length === 0)
      return [{ ...goodput, note: 'nothing was refused: the generator is too slow' }]
    const p99Ms = median(withRefusals.map(each => each.p99Ms))
    return [
      goodput,
      {
        what: 'time to a 503 then, p50 (ms)',
        value: median(withRefusals.map(({ p50Ms }) => p50Ms)),
        goal: { atMost: 10 },
        note: `p99 ${p99Ms.toFixed(0)} ms, with what the generator itself is late`,
      },
    ]
  },
}
