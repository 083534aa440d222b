import { setTimeout as delay } from 'node:timers/promises'
import { beforeTheCall, PingFederateFailure } from './failure.ts'
import type { Identity } from './identity.ts'

/**
 * The account that this service signs in with. PingFederate locks it after a few failures in a row, three by default,
 * for the console too; so credentials that were refused are left alone.
 */
export type Account = {
  /** Why nothing may be sent now; undefined where something may. @param isSparing for whoever must not spend the next try */
  findRefusal: (isSparing: boolean) => Promise<PingFederateFailure | undefined>
  /**
   * Makes a call. While nobody knows whether the credentials are accepted, at the start and after a silence, the calls
   * behind the first one wait for its answer, if it comes soon, so that many at once are no more than one failure.
   * @throws PingFederateFailure as the call, or `credentials` where the first one was refused
   */
  use: <T>(call: () => Promise<T>, isSparing: boolean) => Promise<T>
}

type Options = {
  identity: Pick<Identity, 'refresh'>
  now: () => number
  /** How long refused credentials are left alone, in milliseconds, unless their file changes. */
  pauseMs: number
  /** Told when credentials are refused, and when they are accepted again. */
  onChange: (isAccepted: boolean, failure?: unknown) => void
}

/** As long as calls wait behind the first one, in milliseconds: a refusal comes sooner, and a PingFederate that is slow is no reason to hold them up. */
const maxWaitMs = 500

/** An answer this long ago does not show any more that the credentials are accepted. */
const provenMs = 5_000

export const createAccount = ({ identity, now, pauseMs, onChange }: Options): Account => {
  let refused: { failure: PingFederateFailure; from: number } | undefined
  let provenAt = Number.NEGATIVE_INFINITY
  let first: Promise<unknown> | undefined

  const note = (failure?: unknown): void => {
    if (isRefusal(failure)) {
      if (!refused) onChange(false, failure)
      refused = { failure, from: now() }
      provenAt = Number.NEGATIVE_INFINITY
    } else if (isProof(failure)) {
      if (refused) onChange(true)
      refused = undefined
      provenAt = now()
    }
  }
  const run = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      const answer = await call()
      note()
      return answer
    } catch (error) {
      note(error)
      throw error
    }
  }
  const findRefusal = async (isSparing: boolean): Promise<PingFederateFailure | undefined> => {
    if (!refused) return undefined
    const { failure, from } = refused
    if (await identity.refresh()) {
      refused = undefined
      return undefined
    }
    // Before `from` the clock was set back, and nobody knows how long the pause would last.
    const isOver = now() >= from + pauseMs || now() < from
    return isOver && !isSparing ? undefined : beforeTheCall(failure)
  }
  const isProven = (): boolean => now() - provenAt >= 0 && now() - provenAt < provenMs
  const beFirst = <T>(call: () => Promise<T>): Promise<T> => {
    const running = run(call)
    first = running
      .catch(() => undefined)
      .finally(() => {
        first = undefined
      })
    return running
  }
  const use: Account['use'] = async (call, isSparing) => {
    if (isProven()) return run(call)
    if (!first) return beFirst(call)
    const ended = first.then(() => true)
    const hasEnded = await Promise.race([ended, delay(maxWaitMs, false, { ref: false })])
    const refusal = await findRefusal(isSparing)
    if (refusal) throw refusal
    if (!refused) return run(call)
    // After the pause there is one try, however long its answer takes.
    if (!hasEnded) throw beforeTheCall(refused.failure)
    return use(call, isSparing)
  }
  return { findRefusal, use }
}

const isRefusal = (failure: unknown): failure is PingFederateFailure =>
  failure instanceof PingFederateFailure && failure.kind === 'credentials'

/** Whoever is let in to be refused for something else has signed in. */
const isProof = (failure: unknown): boolean =>
  failure === undefined || (failure instanceof PingFederateFailure && failure.speaker === 'itself')
