import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { findDifferences } from './compare.ts'
import { type Fleet, killAtRandom } from './kill.ts'
import { createRandom } from './random.ts'
import { createSend } from './send.ts'
import { begin, type Caller, createStory, end, type Story } from './story.ts'
import { strikeAtRandom } from './strike.ts'

export type Stressed = {
  sandbox: Sandbox
  databaseUrl: string
  accessToken: string
  fleet: Fleet
}

type Options = { seed: number; seconds: number; callers: number }

export type Result = {
  stories: Story[]
  /** How often everything came that is worth counting. */
  counts: ReadonlyMap<string, number>
  differences: string[]
}

/** How long callers may go on after the last fault, in milliseconds: several leases and rounds of recovery, on a busy machine. */
const settlingMs = 120_000

/**
 * Callers create, repeat, redeem and revoke, while processes are killed and PingFederate fails. The seed decides what
 * happens and in what order each of them does it; how long everything takes, and so what meets what, it cannot decide.
 */
export const stress = async (
  { sandbox, databaseUrl, accessToken, fleet }: Stressed,
  { seed, seconds, callers }: Options,
): Promise<Result> => {
  const counts = new Map<string, number>()
  const note = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const until = AbortSignal.timeout(seconds * 1_000)
  const deadline = AbortSignal.timeout(seconds * 1_000 + settlingMs)
  const createCaller = (name: string): Caller => ({
    send: createSend({
      urls: fleet.urls,
      accessToken,
      random: createRandom(seed, `ways of ${name}`),
      impatience: 0.03,
    }),
    random: createRandom(seed, name),
    pauses: createRandom(seed, `pauses of ${name}`),
    note,
    deadline,
  })
  const stories: Story[] = []
  const waiting: (() => Promise<void>)[] = []
  const work = async (): Promise<void> => {
    while (!until.aborted) {
      const caller = createCaller(`story ${stories.length}`)
      const story = createStory(stories.length, caller.random)
      stories.push(story)
      await begin(caller, story)
      if (story.use === 'redeem later') waiting.push(() => end(caller, story))
      else await end(caller, story)
      if (waiting.length > callers) await waiting.shift()?.()
    }
  }
  await Promise.all([
    strikeAtRandom(sandbox.pingFederate.faults, createRandom(seed, 'faults'), { until, note }),
    killAtRandom(fleet, createRandom(seed, 'kills'), { until, note }),
    ...Array.from({ length: callers }, work),
  ])
  await Promise.all(waiting.map(each => each()))
  const send = createSend({
    urls: fleet.urls,
    accessToken,
    random: createRandom(seed, 'comparison'),
    impatience: 0,
  })
  const differences = await findDifferences(stories, { sandbox, databaseUrl, send })
  return { stories, counts, differences: [...differences, ...(await fleet.stop())] }
}
