export type Shares = {
  taken: () => number
  /**
   * Takes so much for that holder and returns what gives it back, once however often it is called; undefined, and
   * nothing taken, where it does not fit.
   */
  take: (holder: string, amount: number) => (() => void) | undefined
}

/**
 * Divides a total among those who ask: nobody may hold more than is left for all others together (the dynamic threshold of
 * Choudhury and Hahne, 1998). So one holder gets half of it at most, and whoever comes next finds the rest.
 */
export const createShares = (total: number): Shares => {
  /** Only of those who hold something, so that it is no larger than what is under way. */
  const held = new Map<string, number>()
  let taken = 0
  const add = (holder: string, amount: number): void => {
    taken += amount
    const own = (held.get(holder) ?? 0) + amount
    if (own === 0) held.delete(holder)
    else held.set(holder, own)
  }
  return {
    taken: () => taken,
    take: (holder, amount) => {
      const own = (held.get(holder) ?? 0) + amount
      if (own > total - taken - amount) return undefined
      add(holder, amount)
      let isHeld = true
      return () => {
        if (isHeld) add(holder, -amount)
        isHeld = false
      }
    },
  }
}
