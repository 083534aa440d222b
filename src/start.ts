import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { Agent } from 'undici'
import { buildApp, type World } from './app.ts'
import { logAuditEvents } from './audit/announce.ts'
import { type AuditedStore, announceAuditEvents } from './audit/record.ts'
import { createIssuerKeys, type IssuerKeys } from './authentication/issuer-keys.ts'
import type { Config } from './config.ts'
import { measureWrites } from './database/measure-writes.ts'
import { openStore } from './database/open.ts'
import type { Store } from './database/store.ts'
import { toStartLine } from './diagnosis/start-line.ts'
import { watchDatabase, watchIssuer, watchPingFederate } from './diagnosis/watch-upstreams.ts'
import { answerProblems } from './errors.ts'
import { logReread } from './files/reread-files.ts'
import { checkInstallation, type InstallationDependencies } from './installation/check-installation.ts'
import { watchInstallation } from './installation/watch-installation.ts'
import { createRecovery } from './journal/recovery.ts'
import { logTexts } from './log.ts'
import { startMaintenance } from './maintenance.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { serveMetrics } from './metrics/serve.ts'
import { createPingAccess, type PingAccess } from './pingaccess/ping-access.ts'
import { createIssuerConnector } from './pingfederate/connect.ts'
import { createIdentity } from './pingfederate/identity.ts'
import { createReplication } from './pingfederate/replication.ts'
import { protectPingFederate } from './pingfederate/resilience.ts'
import { createRuntime } from './pingfederate/runtime.ts'
import { createTokenProviderReader, readIssuers } from './pingfederate/token-provider.ts'
import { createTransport } from './pingfederate/transport.ts'
import { createPolicyInForce } from './policy/in-force.ts'
import { createClientJournal } from './web-session-clients/client-journal.ts'
import { recordPublishing } from './web-session-clients/record-publishing.ts'
import type { DeliveryUpstream } from './web-session-clients/upstream.ts'

export type RunningService = {
  app: FastifyInstance
  /** Reads the policy file again; the former policy stays in force where the new one is refused. */
  reload: () => void
  /** Looks at PingFederate, and PingAccess where it is set, once, so that what is wrong there is in the log before anybody needs it; never rejects. */
  lookAround: () => Promise<void>
  /** Base URL it listens on. */
  address: string
  /**
   * Refuses new requests, finishes the running ones, then lets go of everything. What has not finished after
   * `graceMs` is broken off: the caller is told that the outcome is not known, and the next start settles it.
   */
  stop: (options?: { graceMs?: number }) => Promise<void>
}

/** How long running requests have; what is left of the 20 s in which the process ends is for letting go. */
const defaultGraceMs = 15_000
/** How long the answers of what was broken off have to leave before their connections are cut. */
const answerMs = 2_000
/**
 * Connections that may wait to be accepted, where the kernel permits as many (net.core.somaxconn). A storm of
 * callers brings more than Node's 511; the kernel drops what is beyond, and theirs sends it again only after 0.2 s and more.
 */
const mostNotAccepted = 4_096

/** Opens the store, connects everything and listens. */
export const startService = async (config: Config, world: World): Promise<RunningService> => {
  world.log.info(toStartLine(config), logTexts.starting)
  return serve(config, world, await openStore(config.database, world))
}

/** Connects everything around an open store and listens; the store is closed with the rest. */
export const serve = async (config: Config, world: World, opened: Store): Promise<RunningService> => {
  const { now, log } = world
  for (const warning of config.warnings) log.warn(warning, logTexts.settingSuspicious)
  const metrics = createMetrics()
  const store = watchStore({ ...opened, check: watchDatabase(log, opened.check) }, { log, ...metrics })
  const { dispatcher, transport, pingFederate, ...upstream } = connectToPingFederate(config, world, metrics)
  const { pingAccess, delivery } = connectToPingAccess(config, world, metrics)
  const keys = connectToIssuer(config, world, dispatcher)
  const replication = createReplication({
    mode: config.pingFederate.replication,
    pingFederate: { ...pingFederate, replicate: recordPublishing({ ...world, store, pingFederate }) },
    now,
    onFailure: err => log.error({ err }, logTexts.replicationFailed),
  })
  const journal = createClientJournal({ config, store, pingFederate, replication, pingAccess: delivery })
  const recover = createRecovery({ ...world, journal })
  const around = { pingFederate, ...upstream, pingAccess: pingAccess?.sparing }
  const { installation, lookAround } = watchAround(config, around, world, metrics)
  const policy = createPolicyInForce(config.policy, log)
  const app = await buildApp({
    ...{ config, journal, store, keys, pingFederate, pingAccess, ...upstream },
    ...{ replication, installation, policy, metrics, ...world },
  })
  const maintenance = startMaintenance({
    // What asks in the background spends no try of credentials that were refused.
    ...{ recover, store, installation, ...around, ...world },
    metrics: metrics.journal,
  })
  const stop: RunningService['stop'] = async ({ graceMs = defaultGraceMs } = {}) => {
    installation.stop()
    const idle = maintenance.stop()
    pingFederate.stop()
    const handOver = async () => void (await Promise.all([transport.close(), pingAccess?.close()]))
    await closeWithin(app, { graceMs, handOver, log })
    // What still calls PingFederate or PingAccess now has no caller who waits for it.
    await handOver()
    await idle
    await metricsListener.stop()
    await dispatcher.destroy()
    // Last, so that everything before it could still write.
    await store.close()
  }
  const { host, metricsPort: port } = config
  const metricsListener = await serveMetrics({ ...world, ...metrics, host, port, answerProblems })
  const address = await app.listen({
    backlog: mostNotAccepted,
    host: config.host,
    port: config.port,
    listenTextResolver: where => `${logTexts.listening} at ${where}`,
  })
  // Not awaited: an issuer that is down delays the first request, not the start.
  keys.warm().catch(() => undefined)
  return { app, address, reload: policy.reload, lookAround, stop }
}

type Around = Omit<InstallationDependencies, 'config'>

/** Looks at everything around, at the start and then from time to time. */
const watchAround = (config: Config, around: Around, world: World, metrics: Metrics) => {
  const { log } = world
  const installation = watchInstallation({
    ...world,
    check: signal => checkInstallation({ config, ...around }, signal),
    onLooked: metrics.setInstallationWarnings,
  })
  const lookAround = async () => {
    await lookAt(around, log)
    await installation.look().catch(err => log.error({ err }, logTexts.unexpected))
  }
  return { installation, lookAround }
}

/** What it finds is in the log; of a failure whoever watches PingFederate says so. */
const lookAt = async (
  { pingFederate, pingAccess }: Pick<Around, 'pingFederate' | 'pingAccess'>,
  log: FastifyBaseLogger,
): Promise<void> => {
  const [version, pingAccessVersion] = await Promise.all([
    pingFederate.getVersion().catch(() => undefined),
    pingAccess?.getVersion().catch(err => log.warn({ err }, logTexts.pingAccessUnreadable)),
  ])
  if (version) log.info({ pingFederateVersion: version.join('.') }, logTexts.pingFederateFound)
  if (pingAccessVersion) log.info({ pingAccessVersion }, logTexts.pingAccessFound)
}

/** The store with all that is told of it: its writes, and the audit events they keep. */
const watchStore = (
  store: Store,
  { log, writes, journal }: { log: FastifyBaseLogger } & Pick<Metrics, 'writes' | 'journal'>,
): AuditedStore => {
  const logEvent = logAuditEvents(log)
  writes.watchUndone(store.undone)
  return announceAuditEvents(measureWrites(store, writes), {
    announce: event => {
      journal.countAuditEvent(event)
      logEvent(event)
    },
    onFailure: journal.countAuditFailure,
  })
}

/** PingFederate behind its limits, and what the service signs in there with. */
const connectToPingFederate = (config: Config, { now, log }: World, metrics: Metrics) => {
  const identity = createIdentity(config.pingFederate, { now, onReread: countRereads(log, metrics) })
  const transport = createTransport(config.pingFederate, { identity, now })
  const pingFederate = protectPingFederate(transport, {
    limits: config.pingFederate,
    identity,
    now,
    onCall: metrics.pingFederate.onCall,
    onCredentials: (isAccepted, err) =>
      isAccepted ? log.info(logTexts.credentialsAccepted) : log.error({ err }, logTexts.credentialsRefused),
    onChange: (isAnswering, err) =>
      isAnswering ? log.info(logTexts.pingFederateBack) : log.error({ err }, logTexts.pingFederateDown),
  })
  metrics.pingFederate.watch(pingFederate.state)
  const {
    runtimeUrls: urls,
    pingFederate: { timeoutMs },
  } = config
  // For the issuer and the runtime nodes, which get no client certificate.
  const dispatcher = new Agent({ connect: createIssuerConnector(identity) })
  return {
    ...{ dispatcher, transport, pingFederate: watchPingFederate(config.pingFederate, log, pingFederate) },
    runtime: createRuntime({ urls, dispatcher }),
    tokenProvider: createTokenProviderReader({ urls, dispatcher, identity, timeoutMs }),
    readIssuers: (signal: AbortSignal) => readIssuers({ urls, dispatcher, timeoutMs }, signal),
  }
}

/** The keys that access tokens are checked with. */
const connectToIssuer = ({ jwt }: Config, { now, log }: World, dispatcher: Agent): IssuerKeys =>
  watchIssuer(jwt, log, told => createIssuerKeys({ ...jwt, dispatcher, now, ...told }))

/** PingAccess, where it is set. */
const connectToPingAccess = (
  { pingAccessAdmin, webSessionDefaults: defaults }: Config,
  { now, log }: World,
  metrics: Metrics,
): { pingAccess?: PingAccess; delivery?: DeliveryUpstream } => {
  if (pingAccessAdmin === undefined) return {}
  const pingAccess = createPingAccess(pingAccessAdmin, {
    now,
    onCall: metrics.onPingAccessCall,
    onReread: countRereads(log, metrics),
    onCredentials: (isAccepted, err) =>
      isAccepted
        ? log.info(logTexts.pingAccessCredentialsAccepted)
        : log.error({ err }, logTexts.pingAccessCredentialsRefused),
  })
  return { pingAccess, delivery: { ...pingAccess, timeoutMs: pingAccessAdmin.timeoutMs, defaults } }
}

/** Says in log and metrics what a reread of files has come to. */
const countRereads = (log: FastifyBaseLogger, metrics: Pick<Metrics, 'countReread'>) => {
  const tellReread = logReread(log)
  return (problems: Parameters<typeof tellReread>[0]): void => {
    metrics.countReread(problems.length === 0)
    tellReread(problems)
  }
}

type Closing = { graceMs: number; handOver: () => Promise<void>; log: FastifyBaseLogger }

/** Closes the application when its requests have finished, or have been broken off because they did not. */
const closeWithin = async (app: FastifyInstance, { graceMs, handOver, log }: Closing): Promise<void> => {
  const breakOff = setTimeout(() => {
    log.warn(logTexts.handedOver)
    void handOver()
  }, graceMs)
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs + answerMs)
  await app.close()
  clearTimeout(breakOff)
  clearTimeout(cut)
}
