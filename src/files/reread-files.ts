import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../log.ts'
import { singleFlight } from '../single-flight.ts'

/** What is wrong with the file that a variable names, never with a word of what it holds. */
export type FileProblem = { name: string; why: string }

/** Says in the log what a reread has come to. */
export const logReread =
  (log: FastifyBaseLogger) =>
  (problems: readonly FileProblem[]): void => {
    if (problems.length === 0) log.info(logTexts.credentialsReread)
    else log.error({ problems }, logTexts.credentialsUnusable)
  }

type Options<T> = {
  files: readonly string[]
  read: () => { value: T } | { problems: readonly FileProblem[] }
  /** Puts the value into use; false when it is the one in use. */
  take: (value: T) => boolean
  /** Told once for each change: nothing wrong, or why the former value stays in use. */
  onReread: (problems: readonly FileProblem[]) => void
}

/**
 * Reads files again if they have changed since they were last read; resolves to whether what they hold now is in use
 * and another than before. It looks when it is called instead of being told by the system: that tells nothing of a
 * symbolic link further up, which is how orchestrators exchange mounted secrets.
 */
export const createReread = <T>({ files, read, take, onReread }: Options<T>): (() => Promise<boolean>) => {
  let last: string | undefined
  const reread = singleFlight(async (): Promise<boolean> => {
    // Before they are read, so that a file that is written meanwhile counts as changed the next time.
    const state = await toState(files)
    if (state === last) return false
    last = state
    const outcome = read()
    if ('problems' in outcome) {
      onReread(outcome.problems)
      return false
    }
    const isTaken = take(outcome.value)
    if (isTaken) onReread([])
    return isTaken
  })
  return async () => files.length > 0 && reread()
}

/** What tells one state of files from another without reading them, whichever way they were replaced or written to. */
const toState = async (files: readonly string[]): Promise<string> => {
  const states = await Promise.all(files.map(file => stat(file, { bigint: true }).then(toText, toErrorCode)))
  return states.join(' ')
}

const toText = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(':')

const toErrorCode = (error: NodeJS.ErrnoException): string => String(error.code)
