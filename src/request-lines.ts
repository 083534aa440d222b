import type { DestinationStream } from 'pino'
import { logTexts } from './log.ts'

/** By this pino tells its destination of what a line was made. */
const metadata = Symbol.for('pino.metadata')

type Gathering = DestinationStream & {
  /** Writes what has been gathered; to be called when the process ends. */
  flush: () => void
}

/**
 * Gathers the lines of answered requests and writes those of one turn of the event loop at once, because a write of its
 * own costs a request as much as all else that is logged of it. Every other line is written before anything goes on,
 * with those before it: a process that is killed has said what it did, and lines keep their order.
 */
export const gatherRequestLines = (destination: DestinationStream): Gathering => {
  let lines = ''
  const flush = (): void => {
    if (lines === '') return
    const gathered = lines
    lines = ''
    destination.write(gathered)
  }
  return {
    ...{ [metadata]: true, lastMsg: undefined as unknown },
    write(line) {
      const isOfRequest = this.lastMsg === logTexts.request
      if (isOfRequest && lines === '') setImmediate(flush)
      lines += line
      if (!isOfRequest) flush()
    },
    flush,
  } as Gathering & { lastMsg: unknown }
}
