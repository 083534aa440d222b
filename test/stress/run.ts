import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Caller } from './caller.ts'
import { findDifferences } from './compare.ts'
import { type Fleet, killAtRandom } from './kill.ts'
import { createRandom } from './random.ts'
import { createSend } from './send.ts'
import { createConsole } from './settings.ts'
import { create, takeSteps } from './steps.ts'
import { createStory, type Story } from './story.ts'
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

/** Lets work go on by itself, so much at a time. */
const createCrowd = (size: number) => {
  const going = new Set<Promise<void>>()
  return {
    /** Resolves when there is room for more. */
    join: async (work: () => Promise<void>): Promise<void> => {
      const done = work().finally(() => going.delete(done))
      going.add(done)
      if (going.size > size) await Promise.race(going)
    },
    ended: (): Promise<unknown> => Promise.all(going),
  }
}

/**
 * Callers create, repeat, redeem, revoke, rotate and change, while processes are killed and PingFederate fails. The seed decides what
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
    ...{ note, deadline, edit: createConsole(sandbox, deadline) },
  })
  const stories: Story[] = []
  const waiting: (() => Promise<void>)[] = []
  // A change whose answer was lost holds its client for long, and creates are to go on meanwhile.
  const changing = createCrowd(3 * callers)
  const work = async (): Promise<void> => {
    while (!until.aborted) {
      const caller = createCaller(`story ${stories.length}`)
      const story = createStory(stories.length, caller.random)
      stories.push(story)
      await create(caller, story)
      if (story.isLater) waiting.push(() => takeSteps(caller, story))
      else await changing.join(() => takeSteps(caller, story))
      const next = waiting.length > callers ? waiting.shift() : undefined
      if (next) await changing.join(next)
    }
  }
  await Promise.all([
    strikeAtRandom(sandbox.pingFederate.faults, createRandom(seed, 'faults'), { until, note }),
    killAtRandom(fleet, createRandom(seed, 'kills'), { until, note }),
    ...Array.from({ length: callers }, work),
  ])
  await Promise.all([changing.ended(), ...waiting.map(each => each())])
  const send = createSend({
    urls: fleet.urls,
    accessToken,
    random: createRandom(seed, 'comparison'),
    impatience: 0,
  })
  const differences = await findDifferences(stories, { sandbox, databaseUrl, send })
  return { stories, counts, differences: [...differences, ...(await fleet.stop())] }
}
