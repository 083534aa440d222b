import type { FastifyBaseLogger } from 'fastify'
import type { Store } from '../database/store.ts'
import { logTexts } from '../http/log.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { sweepExpired } from '../secret-retrievals/sweep.ts'
import type { Recover } from './recovery.ts'
import { reportStrays } from './report-strays.ts'

/** How soon after its lease an abandoned operation is looked at, in milliseconds. */
const recoveryIntervalMs = 10_000
/** How long a sealed secret can outlive its token, in milliseconds. */
const sweepIntervalMs = 60_000
/** What it finds has waited for somebody already, and every round reads all of PingFederate's clients; in milliseconds. */
const straysIntervalMs = 3_600_000

type Options = {
  recover: Recover
  store: Store
  pingFederate: Pick<PingFederate, 'listClients'>
  log: FastifyBaseLogger
}

/** Recovery and sweeping, at once and then from time to time, and a look for strays, from time to time, until stopped. */
export const startMaintenance = ({
  recover,
  store,
  pingFederate,
  log,
}: Options): { stop: () => Promise<void> } => {
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  const run = (work: () => Promise<unknown>): void => {
    const done = work()
      .then(
        () => undefined,
        err => log.error({ err }, logTexts.maintenanceFailed),
      )
      .finally(() => running.delete(done))
    running.add(done)
  }
  const rounds = [
    { work: () => recover(stopping.signal), intervalMs: recoveryIntervalMs },
    { work: () => sweepExpired(store), intervalMs: sweepIntervalMs },
  ]
  for (const { work } of rounds) run(work)
  const strays = {
    work: () => reportStrays({ store, pingFederate, log }, stopping.signal),
    intervalMs: straysIntervalMs,
  }
  const timers = [...rounds, strays].map(({ work, intervalMs }) =>
    setInterval(() => run(work), intervalMs).unref(),
  )
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      stopping.abort()
      await Promise.all(running)
    },
  }
}
