import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type Browser, createBrowser } from '../browser.ts'
import type { Exchange } from '../exchange.ts'
import { type Listening, listen } from '../listen.ts'
import type { KeyPair } from '../self-signed.ts'
import { type Administrator, createAdminApi } from './admin-api.ts'
import { createEngine } from './engine.ts'
import { createInstallation } from './installation.ts'
import { sampleApplication } from './sample-application.ts'

/** A running PingAccess in which nothing is set up. */
export interface PingAccess {
  /** Without `/pa-admin-api/v3`. */
  readonly adminUrl: string
  readonly adminUsername: string
  /** As it was at the start. */
  readonly adminPassword: string
  /** Where the engine listens, whatever the virtual hosts are called. */
  readonly engine: { readonly hostname: string; readonly port: number }
  /** Host and port of the sample application: the target of a site. */
  readonly sampleTarget: string
  /** Calls back after every exchange with the admin API. */
  readonly onExchange: (record: (exchange: Exchange) => void) => void
  /** A browser that finds the engine behind these virtual hosts, as `host:port` or `host` for port 443. */
  readonly openBrowser: (person: string, virtualHosts: readonly string[]) => Browser
}

/** Where it listens, with what certificate, and who administers it. */
export interface PingAccessOptions {
  readonly host: string
  readonly adminPort: number
  readonly enginePort: number
  /** The engine's. */
  readonly tls: KeyPair
  readonly administrator: Administrator
  readonly now: () => Date
}

/** Starts the admin API, the engine and the sample application behind it; they end with the stack. */
export async function startPingAccess(
  { host, adminPort, enginePort, tls, administrator, now }: PingAccessOptions,
  started: AsyncDisposableStack,
): Promise<PingAccess> {
  const recorders = new Set<(exchange: Exchange) => void>()
  const installation = createInstallation(now)
  const adminApi = createAdminApi(installation, administrator, exchange => {
    for (const record of recorders) record(exchange)
  })
  const admin = started.use(await listen(createServer(adminApi), adminPort, host))
  const engine = started.use(
    await listen(createTlsServer({ ...tls }, createEngine(installation)), enginePort, host),
  )
  const sample: Listening = started.use(await listen(createServer(sampleApplication), 0, '127.0.0.1'))
  const { username, password } = administrator
  const place = { hostname: '127.0.0.1', port: engine.port }
  return {
    adminUrl: `http://127.0.0.1:${admin.port}`,
    adminUsername: username,
    adminPassword: password,
    engine: place,
    sampleTarget: `127.0.0.1:${sample.port}`,
    onExchange: record => void recorders.add(record),
    openBrowser: (person, virtualHosts) =>
      createBrowser({ person, find: address => (virtualHosts.includes(address) ? place : undefined) }),
  }
}
