import { randomUUIDv7 } from 'node:crypto'
import pino from 'pino'
import { type Config, ConfigurationError, parseConfig } from './config.ts'
import { DatabaseStartError } from './database/start-error.ts'
import { secretVariables } from './environment.ts'
import { loggerOptions, toLoggedError } from './log.ts'
import { stopWithProcess } from './process-end.ts'
import { createRandomBytes } from './random-bytes.ts'
import { gatherRequestLines } from './request-lines.ts'
import { startService } from './start.ts'

/** How long the process takes to end after SIGTERM at most, in milliseconds; below the 30 s after which Kubernetes kills it. */
const stopDeadlineMs = 20_000

const run = async (config: Config): Promise<void> => {
  const lines = gatherRequestLines(pino.destination({ dest: 1, sync: true }))
  process.once('exit', lines.flush)
  const log = pino(loggerOptions(config.logLevel), lines)
  const haveStarted = stopWithProcess({ deadlineMs: stopDeadlineMs, log })
  const randomBytes = createRandomBytes()
  const service = await startService(config, { log, now: Date.now, newId: () => randomUUIDv7(), randomBytes })
  haveStarted(service)
  // Not awaited: without PingFederate the service still reads and redeems.
  void service.lookAround()
}

/**
 * Nothing that is made of this process from now on has the secrets of its environment: a diagnostic report
 * (`--report-on-signal` and the like) has all of it otherwise, and so has whatever the process starts.
 */
const forgetEnvironment = (): void => {
  process.report.excludeEnv = true
  for (const name of secretVariables) delete process.env[name]
}

const readConfig = (): Config => {
  try {
    return parseConfig(process.env)
  } finally {
    forgetEnvironment()
  }
}

/** One line for what an operator can put right, and for anything else as much of it as the log would have. */
const toStartMessage = (error: unknown): string => {
  if (error instanceof ConfigurationError || error instanceof DatabaseStartError) return error.message
  const { syscall = '', code } = (error ?? {}) as NodeJS.ErrnoException
  if (!['listen', 'bind', 'getaddrinfo'].includes(syscall))
    return `web-session-clients cannot start: ${JSON.stringify(toLoggedError(error))}`
  return `web-session-clients cannot start: HOST and PORT (or METRICS_PORT) cannot be listened on (${code}). Choose others, or stop what uses them.`
}

// Node.js opens its inspector by it otherwise, to everybody on the same loopback address.
process.on('SIGUSR1', () => undefined)

try {
  await run(readConfig())
} catch (error) {
  process.stderr.write(`${toStartMessage(error)}\n`)
  process.exitCode = 1
}
