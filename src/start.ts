import type { FastifyInstance } from 'fastify'
import { Agent } from 'undici'
import { buildApp, type World } from './app.ts'
import type { Config } from './config.ts'
import { openStore } from './database/open.ts'
import { createIssuerKeys } from './http/issuer-keys.ts'
import { logTexts } from './http/log.ts'
import { startMaintenance } from './operations/maintenance.ts'
import { createRecovery } from './operations/recovery.ts'
import { createPingFederate } from './pingfederate/ping-federate.ts'
import { createReplication } from './pingfederate/replication.ts'
import { createTransport, toTlsOptions } from './pingfederate/transport.ts'

export type RunningService = {
  app: FastifyInstance
  /** Base URL it listens on. */
  address: string
  /** Refuses new requests, finishes the running ones, then lets go of everything. */
  stop: () => Promise<void>
}

/** Opens the store, connects everything and listens. */
export const startService = async (config: Config, world: World): Promise<RunningService> => {
  const { now, log } = world
  const store = await openStore(config.database, { now, log })
  const transport = createTransport(config.pingFederate, now)
  const pingFederate = createPingFederate(transport)
  const dispatcher = new Agent({ connect: toTlsOptions(config.pingFederate.ca) })
  const keys = createIssuerKeys({ ...config.jwt, dispatcher, now })
  const replication = createReplication({
    mode: config.pingFederate.replication,
    pingFederate,
    now,
    onFailure: err => log.error({ err }, logTexts.replicationFailed),
  })
  const recover = createRecovery({ ...world, config, store, pingFederate, replication })
  const app = await buildApp({ config, store, keys, pingFederate, replication, ...world })
  const maintenance = startMaintenance({ recover, store, log })
  const stop = async () => {
    await app.close()
    await maintenance.stop()
    await Promise.all([transport.close(), dispatcher.destroy(), store.close()])
  }
  const address = await app.listen({
    host: config.host,
    port: config.port,
    listenTextResolver: where => `${logTexts.listening} at ${where}`,
  })
  // Not awaited: an issuer that is down delays the first request, not the start.
  keys.warm().catch(() => undefined)
  return { app, address, stop }
}
