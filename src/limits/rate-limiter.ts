/** What is left of a limit. */
export type Quota = Readonly<{
  /** Requests a minute. */
  limit: number
  remaining: number
  /** Seconds until all of it is back. */
  resetSeconds: number
  /** Seconds until there is one again. */
  retryAfterSeconds: number
}>

export type RateLimiter = {
  /** What is left for that key, without taking anything. */
  look: (key: string, perMinute: number) => Quota
  /** Takes one, also where none is left: the debt has to be waited for, for another minute at most. */
  charge: (key: string, perMinute: number) => Quota
}

type RateLimiterOptions = {
  /** Keys that are remembered; of more, those that were charged last. */
  maxKeys: number
  /** Milliseconds since the epoch. */
  now: () => number
}

const minuteMs = 60_000
/** Sums of fractions of milliseconds are a little off, and one that is earned must not be missed by that. */
const tolerance = 1e-6

/**
 * A bucket per key that holds as many as a minute allows and fills evenly: a burst may take all of it at once, and what
 * waits gets one after the other instead of nothing until a minute begins. One number per key: when its bucket is full
 * again (the generic cell rate algorithm of ITU-T I.371).
 */
export const createRateLimiter = ({ maxKeys, now }: RateLimiterOptions): RateLimiter => {
  const fullAt = new Map<string, number>()
  let seen = now()
  let passedMs = 0
  /** Milliseconds the clock went forward: set back, it must not make anybody owe what it was set back by. */
  const readMs = (): number => {
    const at = now()
    passedMs += Math.max(at - seen, 0)
    seen = at
    return passedMs
  }
  const owedMs = (key: string, at: number): number => Math.max((fullAt.get(key) ?? at) - at, 0)
  return {
    look: (key, perMinute) => toQuota(owedMs(key, readMs()), perMinute),
    charge: (key, perMinute) => {
      const at = readMs()
      const owed = Math.min(owedMs(key, at) + minuteMs / perMinute, 2 * minuteMs)
      // Taken out first, so that the order of the map is that of the last charge.
      fullAt.delete(key)
      fullAt.set(key, at + owed)
      if (fullAt.size > maxKeys) fullAt.delete(fullAt.keys().next().value ?? '')
      return toQuota(owed, perMinute)
    },
  }
}

const toQuota = (owedMs: number, perMinute: number): Quota => {
  const spacingMs = minuteMs / perMinute
  return {
    limit: perMinute,
    remaining: Math.max(Math.floor((minuteMs - owedMs) / spacingMs + tolerance), 0),
    resetSeconds: Math.ceil(owedMs / 1000),
    retryAfterSeconds: Math.max(Math.ceil((owedMs + spacingMs - minuteMs) / 1000 - tolerance), 1),
  }
}
