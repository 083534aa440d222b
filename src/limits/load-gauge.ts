import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { readNodeFlags, toOldGenerationLimit } from './old-generation.ts'

/** Milliseconds between two runs of a timer. How late it runs is how long a new request waits for the process. */
const sampleMs = 100
/** A timer later than this, so many times in a row, means more work than the process can do; a burst is over sooner. */
const lateMs = 50
const lateSamples = 5
/** One delay of this length is overload at once, because requests have waited that long already. */
const blockedMs = 1_000
/** Under overload, each turn of the event loop admits new requests for this long and refuses all later ones. */
const turnMs = 10
/** Overload is over when it has shown in no delay and no refusal for this long. */
const calmMs = 500
/** Above this share of its limit the heap costs ever more time to collect, and at the limit the process dies. */
const maxHeapShare = 0.8

type Sample = {
  lagMs: number
  /** Part of the old generation's limit that is in use. */
  heapShare: number
}

export type LoadGauge = {
  sample: (sample: Sample) => void
  /** Whether one more request may begin. */
  admits: () => boolean
}

type GaugeOptions = {
  /** Milliseconds of a monotonic clock. */
  now: () => number
  /** Calls `done` when this turn of the event loop is over. */
  afterTurn: (done: () => void) => void
}

/** Decides by the delay of the event loop and the heap whether the process can take more. */
export const createLoadGauge = ({ now, afterTurn }: GaugeOptions): LoadGauge => {
  let lateInARow = 0
  let isHeapFull = false
  let overloadedUntil = Number.NEGATIVE_INFINITY
  let turnBegan: number | undefined

  const isTurnUsedUp = (): boolean => {
    if (turnBegan === undefined) {
      turnBegan = now()
      afterTurn(() => {
        turnBegan = undefined
      })
      // The first request of a turn is admitted without a second look at the clock: a busy machine may stop the process
      // between the two looks, and would then have every request refused.
      return false
    }
    if (now() - turnBegan <= turnMs) return false
    overloadedUntil = now() + calmMs
    return true
  }
  return {
    sample: ({ lagMs, heapShare }) => {
      isHeapFull = heapShare > maxHeapShare
      lateInARow = lagMs > lateMs ? lateInARow + 1 : 0
      if (lateInARow >= lateSamples || lagMs > blockedMs) overloadedUntil = now() + calmMs
    },
    admits: () => !isHeapFull && (now() >= overloadedUntil || !isTurnUsedUp()),
  }
}

const countOldBytes = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((bytes, { space_used_size: used }) => bytes + used, 0)

type WatchOptions = {
  gauge: Pick<LoadGauge, 'sample'>
  /** Called with every delay of the timer, in seconds. */
  observeDelay: (seconds: number) => void
}

/** Samples this process for a gauge; the returned function ends that. */
export const watchProcess = ({ gauge, observeDelay }: WatchOptions): (() => void) => {
  const limit = toOldGenerationLimit(getHeapStatistics().heap_size_limit, readNodeFlags())
  let dueAt = performance.now() + sampleMs
  const timer = setInterval(() => {
    const at = performance.now()
    const lagMs = at - dueAt
    gauge.sample({ lagMs, heapShare: countOldBytes() / limit })
    observeDelay(Math.max(lagMs, 0) / 1000)
    dueAt = at + sampleMs
  }, sampleMs).unref()
  return () => clearInterval(timer)
}
