import { randomBytes, randomUUIDv7 } from 'node:crypto'
import closeWithGrace from 'close-with-grace'
import pino from 'pino'
import { type Config, ConfigurationError, parseConfig } from './config.ts'
import { DatabaseStartError } from './database/start-error.ts'
import { loggerOptions, logTexts } from './http/log.ts'
import { startService } from './start.ts'

/** How long running requests have to finish after SIGTERM, in milliseconds. */
const stopDeadlineMs = 20_000

const run = async (config: Config): Promise<void> => {
  const log = pino(loggerOptions(config.logLevel))
  const service = await startService(config, { log, now: Date.now, newId: () => randomUUIDv7(), randomBytes })
  closeWithGrace({ delay: stopDeadlineMs, logger: false }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, logTexts.unexpected)
    log.info({ signal }, logTexts.stopping)
    await service.stop()
    log.info(logTexts.stopped)
  })
}

try {
  await run(parseConfig(process.env))
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof DatabaseStartError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
