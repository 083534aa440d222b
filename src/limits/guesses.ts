import type { Quota, RateLimiter } from './rate-limiter.ts'

export type Guesses = {
  /** What is left for the key, less what is being looked at; takes nothing. */
  look: (key: string) => Quota & {
    /** Whether wrong guesses alone have spent the limit. */
    isSpent: boolean
  }
  /** Takes one until the returned function ends it: a wrong guess is charged, anything else is given back. */
  begin: (key: string) => (isWrong: boolean) => Quota | undefined
  /** How many have begun and not ended. */
  inProgress: () => number
}

/**
 * Counts a guess from its beginning, because as many as are sent at once would all be looked at if each counted when it
 * is answered. What is in progress is kept apart from the limiter: that forgets a charge as time passes, so it could not
 * give back one of a minute ago without giving back somebody's wrong guess.
 */
export const createGuesses = (limiter: RateLimiter, perMinute: number): Guesses => {
  const begun = new Map<string, number>()
  const add = (key: string, count: number): void => {
    const left = (begun.get(key) ?? 0) + count
    if (left === 0) begun.delete(key)
    else begun.set(key, left)
  }
  return {
    look: key => {
      const quota = limiter.look(key, perMinute)
      const remaining = Math.max(quota.remaining - (begun.get(key) ?? 0), 0)
      return { ...quota, remaining, isSpent: quota.remaining < 1 }
    },
    begin: key => {
      add(key, 1)
      let hasEnded = false
      return isWrong => {
        if (hasEnded) throw new Error('A guess ended twice.')
        hasEnded = true
        add(key, -1)
        return isWrong ? limiter.charge(key, perMinute) : undefined
      }
    },
    inProgress: () => [...begun.values()].reduce((sum, count) => sum + count, 0),
  }
}
