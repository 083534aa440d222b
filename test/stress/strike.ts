import { setTimeout } from 'node:timers/promises'
import type { Fault, Faults, OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import type { Random } from './random.ts'

/** What `PINGFEDERATE_TIMEOUT_MS` is during the run. */
export const timeoutMs = 500
/** Longer than the lease of an operation: the request acts when somebody else has settled it. */
const lateMs = 12 * timeoutMs

const answers: readonly [OddAnswer, ...OddAnswer[]] = [
  { kind: 'drop' },
  { kind: 'drop' },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 504 },
  { kind: 'malformed-json' },
  { kind: 'empty' },
  { kind: 'html' },
  { kind: 'other-client', clientId: 'somebody-elses' },
  { kind: 'huge', bytes: 4 * 1024 * 1024 },
  { kind: 'drip', intervalMs: 5 },
  { kind: 'close' },
]

/** Answers that say that nothing was done, so that PingFederate gives them only then. */
const refusals: readonly [OddAnswer, ...OddAnswer[]] = [
  { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 403 },
]

const createFault = (random: Random): Fault => {
  const kind = random.integer(10)
  if (kind === 0) return { holdMs: random.between(timeoutMs, 3 * timeoutMs) }
  if (kind === 1) return { delayMs: random.between(timeoutMs, 3 * timeoutMs) }
  if (kind === 2) return { delayMs: lateMs }
  if (kind === 3) return { acts: false, answer: random.pick(refusals) }
  return { acts: random.chance(0.6), answer: random.pick(answers) }
}

const post = { method: 'POST', path: '/oauth/clients' }
/** What a change of a client that is there sends, and what takes one over. */
const put = { method: 'PUT', path: /^\/oauth\/clients\/[^/]+$/ }
const matches = [post, post, post, post, post, post, put, {}, {}, {}] as const

/** Lets PingFederate fail at random, single requests and sometimes all of them for a while, until the signal comes. */
export const strikeAtRandom = async (
  faults: Faults,
  random: Random,
  { until, note }: { until: AbortSignal; note: (what: 'fault' | 'outage') => void },
): Promise<void> => {
  const wait = (ms: number) => setTimeout(ms, undefined, { signal: until }).catch(() => undefined)
  while (!until.aborted) {
    await wait(random.between(50, 300))
    if (random.chance(0.02)) {
      const outage = faults.always({ fault: { acts: false, answer: { kind: 'drop' } } })
      note('outage')
      await wait(random.between(500, 3_000))
      outage.remove()
    } else {
      void faults
        .next({ match: random.pick(matches), fault: createFault(random) })
        .struck.then(() => note('fault'))
    }
  }
  faults.clear()
}
