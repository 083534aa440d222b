import type { Store } from './store.ts'
import { isDatabaseUnavailable } from './unavailable.ts'

/** Told of every write. */
export type WriteWatch = {
  begin: () => void
  /** Ends one that has begun. */
  end: (outcome: 'committed' | 'rolled_back' | 'unavailable', seconds: number) => void
}

/** A store whose writes are counted and timed, from when they are asked for. */
export const measureWrites = (store: Store, { begin, end }: WriteWatch): Store => ({
  ...store,
  write: async (work, options) => {
    const beganAt = performance.now()
    const seconds = () => (performance.now() - beganAt) / 1000
    begin()
    try {
      const result = await store.write(work, options)
      end('committed', seconds())
      return result
    } catch (error) {
      end(isDatabaseUnavailable(error) ? 'unavailable' : 'rolled_back', seconds())
      throw error
    }
  },
})
