import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from './log.ts'

type Started = {
  /** Lets go of everything. */
  stop: () => Promise<void>
  /** Reads again what can be read again while it runs. */
  reload: () => void
}

type Options = {
  /** After so many milliseconds the process ends with 1, whatever still runs. */
  deadlineMs: number
  log: FastifyBaseLogger
}

/** SIGQUIT by default leaves a core file with secrets in it. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const

/**
 * Takes signals from before the service starts, with the same handlers all the time: one that comes while they are
 * exchanged would be lost. What is returned is told of the service that has started.
 *
 * While it starts, which may wait minutes for the database, a signal ends the process with 0 at once, as nothing has to be
 * let go of that does not end with it; PID 1 would not even be ended by it. Then it stops once, by the first signal (with 0)
 * or by the first error that nobody expected (with 1). Whatever comes while it stops is logged and changes nothing but that
 * code: a stop that is cut short helps nobody. SIGHUP reloads, as it does with every daemon, once there is something to reload.
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
