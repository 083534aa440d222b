import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from '../call.ts'
import { swaggerUiClientId } from '../callers.ts'
import { createSandbox, type Sandbox, type SandboxPingAccess } from '../sandbox.ts'
import type { Ports } from './ports.ts'
import { type ServiceProcess, startServiceProcess } from './service-process.ts'
import { expect, type Step } from './step.ts'

/** Everything is for this machine only. */
export const host = '127.0.0.1'

const audience = 'web-session-clients'

/** The service and the sandbox that it is pointed at. */
export interface Installation extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly pingAccess: SandboxPingAccess
  readonly service: ServiceProcess
  readonly ports: Ports
}

/** Starts an empty sandbox, and the service with an empty database that is removed with everything else. */
export async function startInstallation(ports: Ports, step: Step): Promise<Installation> {
  await using started = new AsyncDisposableStack()
  const sandbox = await step(
    'Start the stand-ins for PingFederate',
    () => createSandbox({ audience, host, adminPort: ports.admin, issuerPort: ports.issuer }),
    ({ adminUrl, issuer }) => [
      ['admin API', `${adminUrl}/pf-admin-api/v1`],
      ['issuer', issuer],
    ],
  )
  started.defer(() => sandbox.close())
  const { runtime: runtimePort, pingAccessAdmin: adminPort, engine: enginePort } = ports
  const pingAccess = await step(
    'Start the stand-in for PingAccess',
    () => sandbox.startPingAccess({ runtimePort, adminPort, enginePort }),
    ({ adminUrl, engine }) => [
      ['admin API', `${adminUrl}/pa-admin-api/v3`],
      ['engine', `https://${engine.hostname}:${engine.port}`],
    ],
  )
  const service = await step(
    'Start the service as in production: node src/main.ts',
    async () => started.use(await startService({ sandbox, pingAccess }, ports.service)),
    ({ url }) => [['service', url]],
  )
  sandbox.swaggerUiRedirectUris.push(...redirectUris(service.url))
  const running = started.move()
  return {
    sandbox,
    pingAccess,
    service,
    ports: {
      service: portOf(service.url),
      issuer: portOf(sandbox.issuer),
      admin: portOf(sandbox.adminUrl),
      runtime: portOf(pingAccess.issuer),
      pingAccessAdmin: portOf(pingAccess.adminUrl),
      engine: pingAccess.engine.port,
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

type Upstreams = Pick<Installation, 'sandbox' | 'pingAccess'>

async function startService(upstreams: Upstreams, port: number): Promise<ServiceProcess> {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'web-session-clients-demo-'))
  started.defer(() => rm(folder, { recursive: true }))
  const certificateFile = join(folder, 'pingfederate.pem')
  await writeFile(certificateFile, upstreams.pingAccess.certificate)
  const databaseFile = join(folder, 'data.db')
  const env = toEnvironment(upstreams, { databaseFile, certificateFile, port })
  const service = started.use(await startServiceProcess({ env, logFile: join(folder, 'service.log') }))
  const { status, text } = await call('GET', `${service.url}/health/ready`, {})
  expect('GET /health/ready', status, 200, text)
  const running = started.move()
  return { ...service, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

function toEnvironment(
  { sandbox, pingAccess }: Upstreams,
  { databaseFile, certificateFile, port }: { databaseFile: string; certificateFile: string; port: number },
): Record<string, string> {
  return {
    HOST: host,
    PORT: String(port),
    PINGFEDERATE_ADMIN_URL: sandbox.adminUrl,
    PINGFEDERATE_ADMIN_USERNAME: sandbox.adminUsername,
    PINGFEDERATE_ADMIN_PASSWORD: sandbox.adminPassword,
    PINGFEDERATE_RUNTIME_URLS: pingAccess.issuer,
    PINGFEDERATE_CA_FILE: certificateFile,
    PINGACCESS_ADMIN_URL: pingAccess.adminUrl,
    PINGACCESS_USERNAME: pingAccess.adminUsername,
    PINGACCESS_PASSWORD: pingAccess.adminPassword,
    JWT_ISSUER: sandbox.issuer,
    JWT_AUDIENCE: audience,
    DATABASE_URL: `sqlite:${databaseFile}`,
    SECRET_KEY: randomBytes(32).toString('base64url'),
    SWAGGER_UI_CLIENT_ID: swaggerUiClientId,
  }
}

/** The page comes back to the address under which it was opened. */
function redirectUris(serviceUrl: string): string[] {
  const path = `:${portOf(serviceUrl)}/documentation/static/oauth2-redirect.html`
  return [`http://${host}${path}`, `http://localhost${path}`]
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
