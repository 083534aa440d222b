import { bulkhead, isBulkheadRejectedError, isTaskCancelledError } from 'cockatiel'
import { PingFederateFailure } from './failure.ts'

export type PlacesState = { running: number; waiting: number }

/** So many at once, so many waiting, and nobody for longer than that. */
export const createPlaces = (capacity: number, queue: number, waitMs: number) => {
  const places = bulkhead(capacity, queue)
  const state = () => ({
    running: capacity - places.executionSlots,
    waiting: queue - places.queueSlots,
  })
  const take = async <T>(work: () => Promise<T>): Promise<T> => {
    const patience = new AbortController()
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      // The bulkhead notices only when a place becomes free; the caller is told now.
      patience.abort()
      late.reject(comeAgain())
    }, waitMs)
    const done = places.execute(() => {
      clearTimeout(timer)
      return work()
    }, patience.signal)
    return Promise.race([done, late.promise]).catch(error => {
      clearTimeout(timer)
      const isRefused = isBulkheadRejectedError(error) || isTaskCancelledError(error)
      throw isRefused ? comeAgain() : error
    })
  }
  return { take, state }
}

const comeAgain = (): PingFederateFailure => new PingFederateFailure('busy', { retryAfterSeconds: 1 })
