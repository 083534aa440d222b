import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pino from 'pino'
import type { World } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { openStore } from '../src/database/open.ts'
import type { Store } from '../src/database/store.ts'
import { loggerOptions } from '../src/log.ts'
import type { ServiceName } from '../src/sandbox/callers.ts'
import { createSandbox, type Sandbox, type SandboxOptions } from '../src/sandbox/sandbox.ts'
import { type RunningService, serve } from '../src/start.ts'
import { putSqliteFile } from './database/sqlite-file.ts'
import { shareSigningKey } from './signing-key.ts'
import { untilTaken } from './until-taken.ts'

export const audience = 'https://clients.test'

/** Later than the lease of any operation, sooner than the end of any retrieval token; in milliseconds. */
export const laterThanLeasesMs = 600_000

export type Answer = {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are what the assertions are about
  body: any
}

/** Status and body without what is different in every answer. */
export const withoutRequestId = ({ status, body: { instance, ...body } }: Answer) => ({ status, body })

export type TestService = {
  sandbox: Sandbox
  url: string
  /** Log lines so far, at trace level. */
  logLines: string[]
  databasePath: string
  /** What it was started with. */
  env: Record<string, string>
  /** Calls the service; as `payments-pipeline` unless told otherwise, as nobody with `as: null`. */
  call: (
    method: string,
    path: string,
    options?: { body?: unknown; as?: ServiceName | null; token?: string; headers?: Record<string, string> },
  ) => Promise<Answer>
  lookAround: RunningService['lookAround']
  stop: RunningService['stop']
}

type Options = {
  /** URL of the database, in place of an SQLite file of its own. */
  database?: string
  /** Takes over sandbox, database and environment of one that was stopped. */
  after?: TestService
  sandbox?: Partial<SandboxOptions>
  env?: Record<string, string> | ((sandbox: Sandbox) => Promise<Record<string, string>>)
  world?: Partial<World>
  /** Puts something between the service and its database. */
  wrapStore?: (store: Store) => Store
}

type Surroundings = Pick<TestService, 'sandbox' | 'databasePath' | 'env'>

/** A sandbox and a folder for a database, both gone when the test ends. */
const createSurroundings = async (t: TestContext, { sandbox: others }: Options): Promise<Surroundings> => {
  const sandbox = await createSandbox({ audience, signingKey: await shareSigningKey(), ...others })
  t.after(() => sandbox.close())
  const folder = await mkdtemp(join(tmpdir(), 'web-session-clients-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const databasePath = join(folder, 'data.db')
  await putSqliteFile(databasePath)
  return { sandbox, databasePath, env: environment(sandbox, databasePath) }
}

/** The real service on a real port, with a sandbox of its own and an empty database; gone when the test ends. */
export const startTestService = async (t: TestContext, options: Options = {}): Promise<TestService> => {
  const surroundings = options.after ?? (await createSurroundings(t, options))
  const { sandbox, databasePath } = surroundings
  const database = options.database === undefined ? {} : { DATABASE_URL: options.database }
  const others = typeof options.env === 'function' ? await options.env(sandbox) : options.env
  const env = { ...surroundings.env, ...database, ...others }
  const logLines: string[] = []
  const world = {
    log: pino(loggerOptions('trace'), { write: line => logLines.push(line) }),
    now: Date.now,
    newId: () => randomUUIDv7(),
    randomBytes,
    ...options.world,
  }
  const config = parseConfig(env)
  const store = await openStore(config.database, world)
  const service = await serve(config, world, options.wrapStore?.(store) ?? store)
  let stopped: Promise<void> | undefined
  const stop: TestService['stop'] = options => (stopped ??= service.stop(options))
  t.after(() => stop())
  return {
    sandbox,
    url: service.address,
    logLines,
    databasePath,
    env,
    lookAround: service.lookAround,
    stop,
    call: createCall(sandbox, service.address),
  }
}

/** Another service on the sandbox, the PostgreSQL database and the server key of a running one. */
export const startReplica = (
  t: TestContext,
  first: TestService,
  options: Pick<Options, 'env' | 'world'> = {},
): Promise<TestService> => startTestService(t, { ...options, after: first })

/** Tests send in seconds what callers send in an hour. */
const noLimits = Object.fromEntries(
  ['PER_CALLER', 'PER_TEAM', 'UNKNOWN_TOKENS', 'PER_ADDRESS'].map(name => [
    `RATE_LIMIT_${name}`,
    '100000000',
  ]),
)

/** Environment variables that point the service at a sandbox. */
export const environment = (sandbox: Sandbox, databasePath: string): Record<string, string> => ({
  HOST: '127.0.0.1',
  PORT: '0',
  PINGFEDERATE_ADMIN_URL: sandbox.adminUrl,
  PINGFEDERATE_ADMIN_USERNAME: sandbox.adminUsername,
  PINGFEDERATE_ADMIN_PASSWORD: sandbox.adminPassword,
  PINGFEDERATE_RUNTIME_URLS: sandbox.runtimeUrls.join(','),
  JWT_ISSUER: sandbox.issuer,
  JWT_AUDIENCE: audience,
  DATABASE_URL: `sqlite:${databasePath}`,
  SECRET_KEY: randomBytes(32).toString('base64url'),
  ...noLimits,
})

/** Calls a service at that address with access tokens of the sandbox. */
export const createCall = (sandbox: Sandbox, url: string): TestService['call'] => {
  const tokens = new Map<ServiceName, Promise<string>>()
  const tokenOf = (service: ServiceName): Promise<string> => {
    const token = tokens.get(service) ?? sandbox.accessToken({ service })
    tokens.set(service, token)
    return token
  }
  const callOnce: TestService['call'] = async (method, path, options = {}) => {
    const { body, as = 'payments-pipeline', token, headers = {} } = options
    const bearer = token ?? (as === null ? undefined : await tokenOf(as))
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: toBody(await response.text()) }
  }
  return (...request) => untilTaken(() => callOnce(...request))
}

const toBody = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
