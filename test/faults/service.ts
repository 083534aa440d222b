import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import { parseConfig } from '../../src/config.ts'
import { openStore } from '../../src/database/open.ts'
import type { Store } from '../../src/database/store.ts'
import { loggerOptions } from '../../src/log.ts'
import { serve } from '../../src/start.ts'

/** A recovery point: just before or just after the n-th commit from now on. */
export type Halt = { when: 'before' | 'after'; commit: number }

export type Announcement = { kind: 'listening'; url: string; pid: number } | { kind: 'armed' | 'halted' }

const announce = (announcement: Announcement): void => void process.send?.(announcement)

/** Announces that it has come this far, and goes no further until it is killed. */
const halt = (): Promise<never> => {
  announce({ kind: 'halted' })
  return Promise.withResolvers<never>().promise
}

/** The store with recovery points around its commits, armed by the parent. */
const createHaltingStore = (store: Store) => {
  let armed: Halt | undefined
  let commits = 0
  let running = 0
  const write: Store['write'] = async (work, options) => {
    commits += 1
    const isNext = (when: Halt['when'], commit: number) => armed?.when === when && armed.commit === commit
    const number = commits
    running += 1
    try {
      const result = await store.write(async trx => {
        const written = await work(trx)
        return isNext('before', number) ? halt() : written
      }, options)
      return isNext('after', number) ? await halt() : result
    } finally {
      running -= 1
    }
  }
  /** Resolves once nothing has written for some turns: what a start does of itself is over. */
  const becomesIdle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 10; quiet = running === 0 ? quiet + 1 : 0) await turn()
  }
  const arm = async (next: Halt): Promise<void> => {
    await becomesIdle()
    commits = 0
    armed = next
    announce({ kind: 'armed' })
  }
  return { store: { ...store, write }, arm }
}

/** `src/main.ts` without signals, with a clock that may be ahead, and with recovery points at which it can be killed. */
const run = async (): Promise<void> => {
  const aheadMs = Number(process.env['CLOCK_AHEAD_MS'] ?? 0)
  const config = parseConfig(process.env)
  const now = () => Date.now() + aheadMs
  const log = pino(loggerOptions(config.logLevel))
  const { store, arm } = createHaltingStore(await openStore(config.database, { now, log }))
  const service = await serve(config, { log, now, newId: () => randomUUIDv7(), randomBytes }, store)
  process.on('message', (next: Halt) => void arm(next))
  process.once('disconnect', () => process.exit())
  announce({ kind: 'listening', url: service.address, pid: process.pid })
}

await run()
