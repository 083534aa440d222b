import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { readNodeFlags, toOldGenerationLimit } from './old-generation.ts'

/** How late a timer comes shows how long a request waits before anybody looks at it. */
const sampleMs = 100
/** Later than this for so many samples in a row is more work than the process can do, not a burst. */
const lateMs = 50
const lateSamples = 5
/** One stop of this length is enough: whoever sent something meanwhile has waited already. */
const blockedMs = 1_000
/** Under pressure so much of each turn of the event loop is for new requests; those after it are refused at once. */
const turnMs = 10
/** Without a refusal for so long the pressure is over. */
const calmMs = 500
/** The collector works ever harder from here on, and at the limit the process dies. */
const maxHeapShare = 0.8

type Sample = {
  lagMs: number
  /** Of what the old generation may grow to. */
  heapShare: number
}

export type LoadGauge = {
  sample: (sample: Sample) => void
  /** Whether one more request may begin. */
  admits: () => boolean
}

type GaugeOptions = {
  /** Milliseconds of a clock that is never set. */
  now: () => number
  /** Calls back when this turn of the event loop is over. */
  afterTurn: (done: () => void) => void
}

/** Decides by the delay of the event loop and the heap whether the process can take more. */
export const createLoadGauge = ({ now, afterTurn }: GaugeOptions): LoadGauge => {
  let lateInARow = 0
  let isHeapFull = false
  let pressedUntil = Number.NEGATIVE_INFINITY
  let turnBegan: number | undefined

  const isTurnUsedUp = (): boolean => {
    if (turnBegan === undefined) {
      turnBegan = now()
      afterTurn(() => {
        turnBegan = undefined
      })
      // The first of a turn is taken, whatever the clock says by now: a machine that is busy with others has stopped us here.
      return false
    }
    if (now() - turnBegan <= turnMs) return false
    pressedUntil = now() + calmMs
    return true
  }
  return {
    sample: ({ lagMs, heapShare }) => {
      isHeapFull = heapShare > maxHeapShare
      lateInARow = lagMs > lateMs ? lateInARow + 1 : 0
      if (lateInARow >= lateSamples || lagMs > blockedMs) pressedUntil = now() + calmMs
    },
    admits: () => !isHeapFull && (now() >= pressedUntil || !isTurnUsedUp()),
  }
}

const countOldBytes = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((bytes, { space_used_size: used }) => bytes + used, 0)

type WatchOptions = {
  gauge: Pick<LoadGauge, 'sample'>
  /** Told how late a timer came, in seconds. */
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
