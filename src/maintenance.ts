import { setTimeout } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { AuditedStore } from './audit/record.ts'
import type { TextIndex } from './database/text-index.ts'
import type { InstallationWatch } from './installation/watch-installation.ts'
import { measureOpenOperations } from './journal/measure-open.ts'
import type { Recover } from './journal/recovery.ts'
import { logTexts } from './log.ts'
import type { JournalMetrics, Task } from './metrics/journal.ts'
import type { PingAccessReads } from './pingaccess/ping-access.ts'
import type { PingFederate } from './pingfederate/ping-federate.ts'
import type { Runtime } from './pingfederate/runtime.ts'
import type { TokenProviderReader } from './pingfederate/token-provider.ts'
import { sweepExpired } from './secret-retrievals/sweep.ts'
import { measureClients } from './web-session-clients/measure-clients.ts'
import { measureDrift } from './web-session-clients/measure-drift.ts'
import { reportOrphans } from './web-session-clients/report-orphans.ts'
import { sweepDrift } from './web-session-clients/sweep-drift.ts'
import { walkClients } from './web-session-clients/walk-clients.ts'
import { measureCertificate } from './web-sessions/measure-certificate.ts'
import { readPingAccessTrust } from './web-sessions/ping-access-trust.ts'
import { createAgreementSweep } from './web-sessions/sweep-agreement.ts'

/** How soon after its lease an abandoned operation is looked at, in milliseconds. */
const recoveryIntervalMs = 10_000
/** How long a sealed secret can outlive its token, in milliseconds. */
const sweepIntervalMs = 60_000
/** What it finds has waited for somebody already, and every round reads all of PingFederate's clients; in milliseconds. */
const walkIntervalMs = 3_600_000
/** How soon the index of texts has what was written, in milliseconds. */
const searchIntervalMs = 10_000
/** Batches of one round, with a pause after each: 5,000 clients, so that little is taken from the creates that make them. */
const searchBatches = 20
/** Between two calls of a walk: at most twenty a second, so that 100,000 clients are read within two minutes. */
const walkPauseMs = 50

/** A certificate ends by the day; in milliseconds. */
const certificateIntervalMs = 3_600_000
/** How soon what could not be read is read again; a whole look is good for longer. In milliseconds. */
const installationIntervalMs = 300_000
/** What is counted waits for people, and every round reads all clients; in milliseconds. */
const clientsIntervalMs = 300_000

type Options = {
  recover: Recover
  store: AuditedStore
  pingFederate: Pick<PingFederate, 'listClients' | 'findClient' | 'readPolicyAttributes'>
  runtime: Pick<Runtime, 'urls'>
  tokenProvider: TokenProviderReader
  installation: Pick<InstallationWatch, 'lookWhenDue'>
  /** Undefined where none is configured. */
  pingAccess: PingAccessReads | undefined
  log: FastifyBaseLogger
  now: () => number
  newId: () => string
  metrics: Pick<
    JournalMetrics,
    | 'succeeded'
    | 'failed'
    | 'countExpired'
    | 'setOpen'
    | 'setDrifted'
    | 'setClients'
    | 'setCertificateEnd'
    | 'setPingAccessTrusts'
    | 'setDisagreements'
  >
}

type Round = { task: Task; work: () => Promise<void>; intervalMs: number }

/**
 * Recovery, sweeping and counting, at once and then from time to time, and a walk over all of PingFederate's clients, from time to time, until stopped.
 * A round that is due while the one before still runs is left out.
 */
export const startMaintenance = ({
  log,
  now,
  metrics,
  ...options
}: Options): { stop: () => Promise<void> } => {
  const running = new Map<Task, Promise<void>>()
  const stopping = new AbortController()
  const run = ({ task, work }: Round): void => {
    if (running.has(task)) return
    const done = work()
      .then(
        () => metrics.succeeded(task, now()),
        err => {
          metrics.failed(task)
          log.error({ err }, logTexts.maintenanceFailed)
        },
      )
      .finally(() => running.delete(task))
    running.set(task, done)
  }
  const { atOnce, later } = toRounds({ log, now, metrics, ...options }, stopping.signal)
  for (const round of atOnce) run(round)
  const timers = [...atOnce, ...later].map(round => setInterval(() => run(round), round.intervalMs).unref())
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      stopping.abort()
      await Promise.all(running.values())
    },
  }
}

const toRounds = (
  { recover, runtime, installation, ...others }: Options,
  signal: AbortSignal,
): { atOnce: Round[]; later: Round[] } => {
  const { store, metrics } = others
  return {
    atOnce: [
      {
        task: 'recovery',
        work: async () => {
          await recover(signal)
          await store.readClock()
          metrics.setOpen(await measureOpenOperations(store))
          metrics.setDrifted(await measureDrift(store))
        },
        intervalMs: recoveryIntervalMs,
      },
      {
        task: 'sweep',
        work: async () => metrics.countExpired((await sweepExpired(store, signal)).retrievals),
        intervalMs: sweepIntervalMs,
      },
      {
        task: 'clients',
        work: async () => metrics.setClients(await measureClients(store, signal)),
        intervalMs: clientsIntervalMs,
      },
      toSearchRound(store.textIndex, signal),
      // Without a node there is nobody to ask.
      ...(runtime.urls.length === 0 ? [] : [toCertificateRound(others, signal)]),
    ],
    later: [
      // The first look is the start's.
      { task: 'installation', work: installation.lookWhenDue, intervalMs: installationIntervalMs },
      toWalkRound(others, signal),
    ],
  }
}

const toSearchRound = ({ tend }: TextIndex, signal: AbortSignal): Round => ({
  task: 'search',
  work: async () => {
    for (let batch = 0; batch < searchBatches && !signal.aborted && (await tend()); batch += 1)
      await pause(signal)
  },
  intervalMs: searchIntervalMs,
})

/** One walk for everybody who looks at all of PingFederate's clients. */
const toWalkRound = (
  {
    store,
    pingFederate,
    pingAccess,
    log,
    newId,
    metrics,
  }: Pick<Options, 'store' | 'pingFederate' | 'pingAccess' | 'log' | 'newId' | 'metrics'>,
  signal: AbortSignal,
): Round => {
  const sweepAgreement =
    pingAccess && createAgreementSweep({ store, pingAccess, pingFederate, log, ...metrics })
  return {
    task: 'strays',
    work: () =>
      walkClients(
        { pingFederate, pause },
        [
          reportOrphans({ store, log }),
          // Before the sweep that fails the walk at its end for a client that could not be read.
          ...(sweepAgreement ? [sweepAgreement()] : []),
          sweepDrift({ store, pingFederate, newId, pause }, signal),
        ],
        signal,
      ),
    intervalMs: walkIntervalMs,
  }
}

const toCertificateRound = (
  {
    tokenProvider,
    pingAccess,
    now,
    metrics,
  }: Pick<Options, 'tokenProvider' | 'pingAccess' | 'now' | 'metrics'>,
  signal: AbortSignal,
): Round => ({
  task: 'certificate',
  work: async () => {
    const measured = await measureCertificate(tokenProvider, signal)
    if (measured === undefined) return
    metrics.setCertificateEnd(measured.endsAt)
    const trust = await readPingAccessTrust(pingAccess, measured.found, now())
    metrics.setPingAccessTrusts(trust?.trusts ?? null)
  },
  intervalMs: certificateIntervalMs,
})

const pause = (signal: AbortSignal): Promise<void> =>
  setTimeout(walkPauseMs, undefined, { signal, ref: false }).catch(() => undefined)
