import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from './http/log.ts'

type Options = {
  /** Lets go of everything. */
  stop: () => Promise<void>
  /** Reads again what can be read again while it runs. */
  reload: () => void
  /** After so many milliseconds the process ends with 1, whatever still runs. */
  deadlineMs: number
  log: FastifyBaseLogger
}

/** SIGQUIT by default leaves a core file with secrets in it. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const

/**
 * Stops once, by the first signal (then the process ends with 0) or by the first error that nobody expected (with 1).
 * Whatever comes while it stops is logged and changes nothing but that code: a stop that is cut short helps nobody.
 * SIGHUP reloads, as it does with every daemon.
 */
export const stopWithProcess = ({ stop, reload, deadlineMs, log }: Options): void => {
  let exitCode = 0
  let isStopping = false
  const fail = (text: string) => (err: unknown) => {
    exitCode = 1
    log.fatal({ err }, text)
  }
  const stopOnce = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => {
      log.fatal(logTexts.stopTooSlow)
      process.exit(1)
    }, deadlineMs)
    await stop().then(() => log.info(logTexts.stopped), fail(logTexts.unexpected))
    process.exit(exitCode)
  }
  for (const signal of stopSignals) {
    process.on(signal, () => {
      log.info({ signal }, isStopping ? logTexts.stoppingAlready : logTexts.stopping)
      void stopOnce()
    })
  }
  process.on('SIGHUP', signal => {
    log.info({ signal }, isStopping ? logTexts.stoppingAlready : logTexts.reloading)
    if (!isStopping) reload()
  })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      fail(logTexts.unexpected)(error)
      void stopOnce()
    })
  }
}

/**
 * Ends the process with 0 by a signal that comes while the service starts, which may wait minutes for the database: PID 1
 * would not even be ended by it. Nothing has to be let go of that does not end with the process. What is returned ends that.
 */
export const endWhileStarting = (log: FastifyBaseLogger): (() => void) => {
  const end = (signal: NodeJS.Signals): void => {
    log.info({ signal }, logTexts.stopping)
    process.exit(0)
  }
  for (const signal of stopSignals) process.on(signal, end)
  return () => {
    for (const signal of stopSignals) process.off(signal, end)
  }
}

/**
 * Takes SIGHUP while the service starts, because it would end a process that takes none. What is returned ends that, and
 * tells whether any came.
 */
export const rememberHangUp = (): (() => boolean) => {
  let hasCome = false
  const remember = (): void => {
    hasCome = true
  }
  process.on('SIGHUP', remember)
  return () => {
    process.off('SIGHUP', remember)
    return hasCome
  }
}
