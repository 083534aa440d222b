import { hash } from 'node:crypto'

/** Choices that a seed decides, whatever happens in between. */
export type Random = {
  /** From 0 to below that. */
  integer: (below: number) => number
  /** Milliseconds, say, from one to below the other. */
  between: (from: number, below: number) => number
  /** True in that share of the cases, from 0 to 1. */
  chance: (share: number) => boolean
  pick: <T>(choices: readonly [T, ...T[]]) => T
}

/**
 * The choices of one chooser. Everybody who chooses has a name and draws alone, so that the choices of one do not depend
 * on how fast another is.
 */
export const createRandom = (seed: number, name: string): Random => {
  let drawn = 0
  const next = (): number => {
    drawn += 1
    return Number.parseInt(hash('sha256', `${seed} ${name} ${drawn}`).slice(0, 12), 16) / 2 ** 48
  }
  const integer = (below: number) => Math.floor(next() * below)
  return {
    integer,
    between: (from, below) => from + integer(below - from),
    chance: share => next() < share,
    pick: choices => choices[integer(choices.length)] ?? choices[0],
  }
}
