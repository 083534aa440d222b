import { PingFederateFailure } from './failure.ts'

export type SlotsState = { running: number; waiting: number }

/**
 * A bulkhead: `capacity` pieces of work run at once, `queue` more wait, and none waits longer than `waitMs`. One that
 * gives up waiting leaves the queue to others.
 */
export const createSlots = (capacity: number, queue: number, waitMs: number) => {
  let running = 0
  /** In order of arrival; calling one hands it the slot of work that has ended. */
  const waiting = new Set<() => void>()
  const wait = (): Promise<void> => {
    if (waiting.size >= queue) return Promise.reject(comeAgain())
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer)
        waiting.delete(begin)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(begin)
        reject(comeAgain())
      }, waitMs)
      waiting.add(begin)
    })
  }
  const leave = (): void => {
    const [next] = waiting
    if (next) next()
    else running -= 1
  }
  const take = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < capacity) running += 1
    else await wait()
    try {
      return await work()
    } finally {
      leave()
    }
  }
  return { take, state: (): SlotsState => ({ running, waiting: waiting.size }) }
}

const comeAgain = (): PingFederateFailure => new PingFederateFailure('busy', { retryAfterSeconds: 1 })
