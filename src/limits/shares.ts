export type Shares = {
  taken: () => number
  /** Whether the amount fits at this moment. */
  fits: (sender: string, amount: number) => boolean
  /** Whether it fits whoever the sender is; where not, it may still fit this one or that. */
  fitsAll: (amount: number) => boolean
  /**
   * Takes the amount for a sender and returns a function that gives it back; only its first call counts. Returns
   * undefined, and takes nothing, where the amount does not fit.
   */
  take: (sender: string, amount: number) => (() => void) | undefined
}

/**
 * Divides a total among senders: none may hold more than is left for all others together (the dynamic threshold of
 * Choudhury and Hahne, 1998). So one sender alone gets half of it at most, and the next one finds the other half.
 */
export const createShares = (total: number): Shares => {
  /** By sender, without those that hold nothing, so that the map does not grow with every sender ever seen. */
  const held = new Map<string, number>()
  let taken = 0
  const add = (sender: string, amount: number): void => {
    taken += amount
    const own = (held.get(sender) ?? 0) + amount
    if (own === 0) held.delete(sender)
    else held.set(sender, own)
  }
  const fits = (sender: string, amount: number): boolean =>
    (held.get(sender) ?? 0) + amount <= total - taken - amount
  return {
    taken: () => taken,
    fits,
    // Nobody holds more than all that is taken.
    fitsAll: amount => taken + amount <= total - taken - amount,
    take: (sender, amount) => {
      if (!fits(sender, amount)) return undefined
      add(sender, amount)
      let isHeld = true
      return () => {
        if (isHeld) add(sender, -amount)
        isHeld = false
      }
    },
  }
}
