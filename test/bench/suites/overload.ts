import { setTimeout as delay } from 'node:timers/promises'
import { Agent } from 'undici'
import type { Engine } from '../engines.ts'
import { compare, type Round } from '../figures.ts'
import type { Ground } from '../ground.ts'
import { load, send, summarise, type Target } from '../load.ts'
import type { Line } from '../report.ts'
import type { Options, Suite } from '../suite.ts'

const times = 5
const connections = 1_500
const tickMs = 5

type Answered = {
  status: number
  ms: number
  /** Whether it came while the load lasted; what is answered afterwards is no throughput under that load. */
  isInTime: boolean
}

/**
 * Node.js accepts one connection in each turn of its event loop, so that most of the first answers would tell how long a turn
 * is: 1,500 connections that are new together took up to two seconds to be accepted.
 */
const openAll = async (agent: Agent, target: Target): Promise<void> => {
  const live = { ...target, method: 'GET' as const, headers: [] }
  const open = () => send(agent, live, { path: '/health/live', body: null })
  await Promise.all(Array.from({ length: connections }, open))
}

/** Sends at a rate whatever comes back, as many independent callers who keep their connections do, for so many seconds. */
const sendAtRate = async (target: Target, perSecond: number, seconds: number): Promise<Answered[]> => {
  const agent = new Agent({ connections, pipelining: 1 })
  await openAll(agent, target)
  const answers: Promise<Answered>[] = []
  const begun = performance.now()
  const sendOne = async (): Promise<Answered> => {
    const sent = target.next(0) ?? { path: '/', body: null }
    const { status, ms } = await send(agent, target, sent).catch(() => ({ status: 0, ms: Number.NaN }))
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

/** What is created in time, and how long it takes to be refused. */
type Kept = { perSecond: number; p50Ms: number; p99Ms: number }

const measure = async (
  target: Target,
  seconds: number,
  say: (text: string) => void,
): Promise<Round<Kept>> => {
  const best = await load(target, 50, seconds)
  const answers = await sendAtRate(target, times * best.perSecond, seconds)
  const refused = answers.filter(({ status }) => status === 503).map(({ ms }) => ms)
  const created = answers.filter(({ status, isInTime }) => status === 201 && isInTime).length
  say(
    `best ${best.perSecond.toFixed(0)}/s; of ${answers.length}: ${created} created in time, ${refused.length} refused`,
  )
  const flood = { perSecond: created / seconds, ...summarise(refused) }
  return { best: [best, await load(target, 50, seconds)], flood: [flood] }
}

const runOn = async (
  engine: Engine,
  ground: Ground,
  { rounds: count, seconds }: Options,
  say: (text: string) => void,
): Promise<Line[]> => {
  const service = await ground.startService(engine)
  const target = ground.targets.create(service)
  await load(target, 50, seconds)
  const rounds: Round<Kept>[] = []
  while (rounds.length < count) rounds.push(await measure(target, seconds, say))
  await service.stop()
  const withRefusals = rounds.filter(({ flood }) => Number.isFinite(flood?.[0]?.p50Ms))
  const toLine = (percentile: 50 | 99, atMost: number): Line => ({
    what: `time to a 503 then, p${percentile} (ms), ${engine.name}`,
    ...compare(withRefusals, of => of('flood', `p${percentile}Ms`)),
    noise: [],
    goal: { atMost },
    note: 'with what the generator itself is late',
  })
  const goodput: Line = {
    what: `goodput at ${times} × the best load ÷ the best, ${engine.name}`,
    ...compare(rounds, of => of('flood', 'perSecond') / of('best', 'perSecond')),
    goal: { atLeast: 0.95 },
  }
  return withRefusals.length === 0
    ? [{ ...goodput, note: 'nothing was refused: the generator is too slow' }]
    : [goodput, toLine(50, 10), toLine(99, 250)]
}

/** Five times the load that the service can take, from callers who do not wait for each other. */
export const overload: Suite = {
  name: 'overload',
  run: async (ground, options, say) => {
    const lines: Line[] = []
    for (const engine of ground.engines) lines.push(...(await runOn(engine, ground, options, say)))
    return lines
  },
}
