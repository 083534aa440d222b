/** What is left of a limit. */
export type Quota = Readonly<{
  /** Requests a minute. */
  limit: number
  remaining: number
  /** Seconds until the whole limit is available again. */
  resetSeconds: number
  /** Seconds until one more request is admitted. */
  retryAfterSeconds: number
}>

export type RateLimiter = {
  /** What is left for the key; takes nothing. */
  look: (key: string, perMinute: number) => Quota
  /** Takes one request, even where none is left: the key then waits longer, another minute at most. */
  charge: (key: string, perMinute: number) => Quota
}

type RateLimiterOptions = {
  /** Keys that are remembered at most; beyond that the one charged longest ago is forgotten. */
  maxKeys: number
  /** Milliseconds since the epoch. */
  now: () => number
}

const minuteMs = 60_000
/** Sums of fractions of milliseconds are slightly off: without this, a request that is due could be refused. */
const tolerance = 1e-6

/**
 * A token bucket per key that holds a minute's requests and fills evenly. A burst may empty it at once; after that,
 * requests are admitted one by one as it fills, instead of none until the next minute. It keeps one number per key:
 * when the bucket is full again (the generic cell rate algorithm of ITU-T I.371).
 */
export const createRateLimiter = ({ maxKeys, now }: RateLimiterOptions): RateLimiter => {
  const fullAt = new Map<string, number>()
  let seen = now()
  let passedMs = 0
  /** Counts only forward steps of the clock: if it is set back by an hour, no key may have to wait for that hour. */
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
      // Deleted first, so that the key moves to the end of the map and its first key is the one charged longest ago.
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
