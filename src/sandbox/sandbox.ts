import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { GenerateKeyPairResult } from 'jose'
import {
  createServices,
  type Person,
  people,
  type Service,
  type ServiceName,
  type Services,
  swaggerUiClientId,
} from './callers.ts'
import type { IssuerOptions } from './issuer/configuration.ts'
import { createIssuer, createSigningKey } from './issuer/issuer.ts'
import { listen } from './listen.ts'
import { type PingAccess, startPingAccess } from './pingaccess/pingaccess.ts'
import { createPingFederate, type PingFederate } from './pingfederate/pingfederate.ts'
import { createSelfSigned } from './self-signed.ts'

/** Where the sandbox listens and who may use it. */
export interface SandboxOptions {
  /** `aud` of the access tokens for our service. */
  readonly audience: string
  readonly host?: string
  readonly adminPort?: number
  readonly issuerPort?: number
  /** The issuer's URL for others when it isn't the address that it listens on. */
  readonly issuerUrl?: string
  readonly adminUsername?: string
  readonly adminPassword?: string
  readonly serviceSecrets?: Partial<Record<ServiceName, string>>
  readonly cluster?: 'standalone' | 'clustered'
  /** PingFederate's; decides which fields a client has. */
  readonly version?: string
  readonly swaggerUiRedirectUris?: readonly string[]
  /** TLS for the admin API. */
  readonly tls?: TlsOptions
  readonly now?: () => Date
  /** The issuer's; a new one unless told otherwise. */
  readonly signingKey?: GenerateKeyPairResult
}

/** PEM texts; with `requestCert` a certificate of `ca` is as good as a password. */
interface TlsOptions {
  readonly key: string
  readonly cert: string
  readonly ca?: string
  readonly requestCert?: boolean
}

/** A running sandbox. */
export interface Sandbox {
  /** Without `/pf-admin-api/v1`. */
  readonly adminUrl: string
  readonly issuer: string
  /** Where each runtime node answers; the issuer is the first of them. */
  readonly runtimeUrls: readonly string[]
  readonly adminUsername: string
  /** As it was at the start. */
  readonly adminPassword: string
  readonly changeAdminPassword: (password: string) => void
  /** An account of PingFederate that may only read. */
  readonly auditor: { readonly username: string; readonly password: string }
  readonly people: readonly Person[]
  readonly services: Services
  /** Open to additions: a service that needs the issuer to start learns its own address only afterwards. */
  readonly swaggerUiRedirectUris: string[]
  readonly pingFederate: PingFederate
  /** A service's access token, fetched over HTTP; all of its scopes unless told otherwise. */
  readonly accessToken: (request: { service: ServiceName; scope?: string }) => Promise<string>
  /** Starts a PingAccess beside it, and what PingAccess needs of PingFederate: a runtime node with TLS. */
  readonly startPingAccess: (ports?: PingAccessPorts) => Promise<SandboxPingAccess>
  readonly close: () => Promise<void>
}

/** Any free ones unless told otherwise. */
interface PingAccessPorts {
  readonly adminPort?: number
  readonly enginePort?: number
  /** The runtime node's. */
  readonly runtimePort?: number
}

/** PingAccess, and what it has to trust so that people can log in. */
export interface SandboxPingAccess extends PingAccess {
  /** The issuer of the runtime node with TLS, which has PingFederate's clients as the others have them. */
  readonly issuer: string
  /** The runtime node's certificate in PEM, which nobody has signed but its own key. */
  readonly certificate: string
}

/** Starts a PingFederate stand-in: the admin API on one port, the issuer that uses its clients on another. */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { host = '127.0.0.1', adminUsername = 'administrator', adminPassword = randomPassword() } = options
  const administrator = { username: adminUsername, password: adminPassword, role: 'Admin' as const }
  const auditor = { username: 'auditor', password: randomPassword() }
  const now = options.now ?? (() => new Date())
  const services = createServices(options.serviceSecrets)
  const swaggerUiRedirectUris = [...(options.swaggerUiRedirectUris ?? [])]
  const { engines, pingFederate, ...admin } = createPingFederate({
    clustered: options.cluster === 'clustered',
    reservedClientIds: [...Object.keys(services), swaggerUiClientId],
    accounts: [administrator, { ...auditor, role: 'Auditor' }],
    acceptsToken: token => first.acceptsAdminToken(token),
    now,
  })
  if (options.version !== undefined) pingFederate.settings.version = options.version
  await using started = new AsyncDisposableStack()
  const signingKey = options.signingKey ?? (await createSigningKey())
  const shared = { host, signingKey, audience: options.audience, services, swaggerUiRedirectUris }
  const [engine, ...otherEngines] = engines
  const { issuerPort: port = 0, issuerUrl } = options
  const first = started.use(await startNode({ ...engine, ...shared, port, issuerUrl }))
  const { issuer } = first
  const startOther = (options: Pick<NodeOptions, 'port' | 'tls'>) =>
    startNode({ ...engine, ...shared, ...options })
  const runtimeUrls = [first.url]
  for (const other of otherEngines)
    runtimeUrls.push(started.use(await startNode({ ...other, ...shared, port: 0 })).url)
  const adminServer = createServerOf(admin.listener, options.tls)
  const adminListening = started.use(await listen(adminServer, options.adminPort ?? 0, host))
  started.defer(admin.stop)
  const running = started.move()

  return {
    adminUrl: `${schemeOf(options.tls)}://${reachable(host)}:${adminListening.port}`,
    issuer,
    runtimeUrls,
    adminUsername,
    adminPassword,
    changeAdminPassword: password => {
      administrator.password = password
    },
    auditor,
    people,
    services,
    swaggerUiRedirectUris,
    pingFederate,
    accessToken: ({ service, scope }) => fetchAccessToken(first.url, services[service], scope),
    startPingAccess: (ports = {}) => startBeside({ host, now, ports, startOther }, running),
    close: () => running.disposeAsync(),
  }
}

type Beside = {
  host: string
  now: () => Date
  ports: PingAccessPorts
  startOther: (options: Pick<NodeOptions, 'port' | 'tls'>) => ReturnType<typeof startNode>
}

async function startBeside(
  { host, now, ports: { adminPort = 0, enginePort = 0, runtimePort = 0 }, startOther }: Beside,
  running: AsyncDisposableStack,
): Promise<SandboxPingAccess> {
  const tls = createSelfSigned([reachable(host), '127.0.0.1'], now())
  const runtime = running.use(await startOther({ port: runtimePort, tls }))
  const administrator = { username: 'Administrator', password: randomPassword() }
  const options = { host, adminPort, enginePort, tls, administrator, now }
  const pingAccess = await startPingAccess(options, running)
  return { ...pingAccess, issuer: runtime.issuer, certificate: tls.cert }
}

type NodeOptions = Omit<IssuerOptions, 'issuer'> & {
  readonly host: string
  readonly port: number
  readonly signingKey: GenerateKeyPairResult
  readonly issuerUrl?: string | undefined
  readonly tls?: TlsOptions | undefined
}

/** A runtime node: an issuer that uses the clients of its engine. */
async function startNode({ host, port, signingKey, issuerUrl, tls, ...options }: NodeOptions) {
  // The issuer's name contains its port, so the port comes first, and who comes at once waits for the issuer.
  const { promise: answering, resolve: answer } = Promise.withResolvers<RequestListener>()
  const server = createServerOf((...exchange) => void answering.then(listener => listener(...exchange)), tls)
  await using started = new AsyncDisposableStack()
  const listening = started.use(await listen(server, port, host))
  const url = `${schemeOf(tls)}://${reachable(host)}:${listening.port}`
  const issuer = issuerUrl ?? url
  const { listener, acceptsAdminToken } = await createIssuer({ ...options, issuer }, signingKey)
  answer(listener)
  const running = started.move()
  return { url, issuer, acceptsAdminToken, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

function createServerOf(listener: RequestListener, tls: TlsOptions | undefined): Server {
  // As long as Jetty keeps an idle connection; Node's 5 s would make callers meet closed sockets more often.
  const keepAliveTimeout = 30_000
  if (tls === undefined) return createServer({ keepAliveTimeout }, listener)
  return createTlsServer({ ...tls, rejectUnauthorized: false, keepAliveTimeout }, listener)
}

async function fetchAccessToken(issuerUrl: string, service: Service, scope = service.scopes.join(' ')) {
  const credentials = Buffer.from(`${service.clientId}:${service.clientSecret}`).toString('base64')
  const response = await fetch(`${issuerUrl}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
  })
  const body: unknown = await response.json()
  if (typeof body === 'object' && body !== null && 'access_token' in body) return String(body.access_token)
  throw new Error(`the issuer gave ${service.clientId} no token: ${JSON.stringify(body)}`)
}

function schemeOf(tls: TlsOptions | undefined): string {
  return tls === undefined ? 'http' : 'https'
}

/** An address that stands for all of them is not one to connect to. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host
}

function randomPassword(): string {
  return randomBytes(24).toString('base64url')
}
