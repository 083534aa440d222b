import type { FastifyBaseLogger } from 'fastify'

/** Why something does not answer, and what an operator can do about it. */
export type Explanation = { reason: string; fix: string }

type Options = {
  log: FastifyBaseLogger
  texts: { down: string; back: string }
  /** Undefined for an error that is an answer all the same. */
  explain: (error: unknown) => Explanation | undefined
}

/**
 * Says in the log when what it watches stops answering, when the reason becomes another one, and when it answers again.
 * Readiness is asked every few seconds, so a line for each failure would bury the first one.
 */
export const watchTurns = ({ log, texts, explain }: Options) => {
  let reason: string | undefined
  const note = (found: Explanation | undefined): void => {
    if (found && found.reason !== reason) log.error(found, texts.down)
    if (!found && reason !== undefined) log.info(texts.back)
    reason = found?.reason
  }
  /** The same function, watched. */
  return <A extends unknown[], T>(run: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) =>
    async (...args) => {
      try {
        const value = await run(...args)
        note(undefined)
        return value
      } catch (error) {
        note(explain(error))
        throw error
      }
    }
}
