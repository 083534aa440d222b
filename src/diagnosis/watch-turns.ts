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
 * Makes what is told of each success (undefined) and failure, and says in the log when something stops answering, when the
 * reason becomes another one, and when it answers again. Readiness is asked every few seconds, so a line for each failure
 * would bury the first one.
 */
export const noteTurns = ({ log, texts, explain }: Options): ((failure: unknown) => void) => {
  let reason: string | undefined
  return failure => {
    const found = failure === undefined ? undefined : explain(failure)
    if (found && found.reason !== reason) log.error(found, texts.down)
    if (!found && reason !== undefined) log.info(texts.back)
    reason = found?.reason
  }
}

/** Makes a function of another one that does the same, and whose turns are noted. */
export const watchTurns = (options: Options) => {
  const note = noteTurns(options)
  return <A extends unknown[], T>(run: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) =>
    async (...args) => {
      try {
        const value = await run(...args)
        note(undefined)
        return value
      } catch (error) {
        note(error)
        throw error
      }
    }
}
