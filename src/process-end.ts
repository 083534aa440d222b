import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from './log.ts'

type Started = {
  /** Releases everything that the service holds. */
  stop: () => Promise<void>
  /** Reads the files again that may change while the service runs. */
  reload: () => void
}

type Options = {
  /** How long a stop may take, in milliseconds; then the process exits with 1, whatever still runs. */
  deadlineMs: number
  log: FastifyBaseLogger
}

/** SIGQUIT is one of them because its default action leaves a core file with secrets in it. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const

/**
 * Handles signals and unexpected errors of the process. It is called before the service starts, and returns a function
 * that is called with the service once it has started. The signal handlers are never exchanged, because a signal in
 * between would be lost.
 *
 * - Until the service has started, which can take minutes if the database is slow, a stop signal exits with 0 at once:
 *   nothing has to be released. (Without a handler, a process with PID 1 would ignore the signal.)
 * - After that, the first stop signal stops the service and exits with 0; the first unexpected error stops it and exits
 *   with 1. What comes during the stop is logged and does not shorten it; an error still makes the exit code 1.
 * - SIGHUP reloads, as with other daemons. One that comes before the service has started is kept until then.
 */
export const stopWithProcess = ({ deadlineMs, log }: Options): ((started: Started) => void) => {
  let service: Started | undefined
  let isReloadDue = false
  let exitCode = 0
  let isStopping = false
  const fail = (text: string) => (err: unknown) => {
    exitCode = 1
    log.fatal({ err }, text)
  }
  const stopOnce = async ({ stop }: Started): Promise<void> => {
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
      if (service) void stopOnce(service)
      else process.exit(0)
    })
  }
  process.on('SIGHUP', signal => {
    if (!service) {
      isReloadDue = true
      return
    }
    log.info({ signal }, isStopping ? logTexts.stoppingAlready : logTexts.reloading)
    if (!isStopping) service.reload()
  })
  return started => {
    service = started
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => {
        fail(logTexts.unexpected)(error)
        void stopOnce(started)
      })
    }
    if (isReloadDue) started.reload()
  }
}
