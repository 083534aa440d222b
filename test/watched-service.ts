import { createSecretKey, hkdfSync, randomBytes, randomUUIDv7 } from 'node:crypto'
import { createServer } from 'node:http'
import type { TestContext } from 'node:test'
import type { World } from '../src/app.ts'
import { deriveTokenBytes } from '../src/journal/idempotency.ts'
import { listen } from '../src/sandbox/listen.ts'
import type { Sandbox, SandboxOptions } from '../src/sandbox/sandbox.ts'
import { Secret } from '../src/secret.ts'
import { createToken } from '../src/secret-retrievals/token.ts'
import type { Engine } from './database/places.ts'
import type { Certificates } from './pingfederate/certificates.ts'
import { toVariables } from './sandbox/pingaccess/started.ts'
import { assertNotIn, type Place, type Planted } from './secrets.ts'
import { type Answer, startTestService, type TestService } from './service.ts'

export type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

/** How the service signs in to PingFederate. */
export type SignIn = {
  sandbox?: Partial<SandboxOptions>
  env: (sandbox: Sandbox, t: TestContext) => Promise<Record<string, string>>
  planted: (sandbox: Sandbox) => Planted[]
  /** What somebody else than PingFederate was sent. */
  heard?: readonly Place[]
}

const noPassword = { PINGFEDERATE_ADMIN_USERNAME: '', PINGFEDERATE_ADMIN_PASSWORD: '' }

export const byPassword = (): SignIn => ({
  env: async () => ({}),
  planted: ({ adminPassword }) => [{ name: 'PingFederate password', value: adminPassword }],
})

/** The same with a PingAccess, whose every exchange is one more place. */
export const besidePingAccess = (signIn: SignIn): SignIn => {
  const heard: Place[] = []
  let password = ''
  return {
    ...signIn,
    env: async (sandbox, t) => {
      const pingAccess = await sandbox.startPingAccess()
      password = pingAccess.adminPassword
      pingAccess.onExchange(({ method, path, query, requestHeaders, requestBody, responseBody }) => {
        // The one place that is there for the secret.
        const sent = JSON.stringify(requestBody ?? null, (key, value) =>
          key === 'clientSecret' ? 'meant' : value,
        )
        const content = JSON.stringify([method, path, query, requestHeaders, sent, responseBody])
        heard.push({ name: `PingAccess ${method} ${path}`, content })
      })
      return { ...(await signIn.env(sandbox, t)), ...toVariables(pingAccess) }
    },
    planted: sandbox => [...signIn.planted(sandbox), { name: 'PingAccess password', value: password }],
    heard,
  }
}

export const byOAuth = (): SignIn => {
  const tokens: Planted[] = []
  const clientId = 'pingfederate-admin-api'
  return {
    env: async (sandbox, t) => {
      const server = createServer(async (_request, response) => {
        const token = await sandbox.accessToken({ service: clientId })
        tokens.push({ name: `PingFederate access token ${tokens.length}`, value: token })
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 600 }))
      })
      const listening = await listen(server, 0, '127.0.0.1')
      t.after(() => listening[Symbol.asyncDispose]())
      return {
        ...noPassword,
        PINGFEDERATE_ADMIN_TOKEN_URL: `http://127.0.0.1:${listening.port}/token`,
        PINGFEDERATE_ADMIN_CLIENT_ID: clientId,
        PINGFEDERATE_ADMIN_CLIENT_SECRET: sandbox.services[clientId].clientSecret,
      }
    },
    planted: ({ services }) => [
      { name: 'PingFederate client secret', value: services[clientId].clientSecret },
      ...tokens,
    ],
  }
}

export const byCertificate = ({ server, ca, client }: Certificates): SignIn => ({
  sandbox: { tls: { key: server.key, cert: server.cert, ca: ca.cert, requestCert: true } },
  env: async () => ({
    ...noPassword,
    PINGFEDERATE_ADMIN_CERT_FILE: client.certFile,
    PINGFEDERATE_ADMIN_KEY_FILE: client.keyFile,
    PINGFEDERATE_CA_FILE: ca.certFile,
  }),
  // Line by line, because JSON writes line breaks in another way.
  planted: () =>
    client.key
      .split('\n')
      .filter(line => /^[A-Za-z0-9+/=]{16,}$/.test(line))
      .map((value, index) => ({ name: `private key, line ${index}`, value })),
})

/** Where a retrieval token has what chance gave it; what stands before is the database's time, the checksum behind. */
const randomPart = [14, 54] as const

/** What chance gives to the creates: known beforehand, and to which key and operation it went. */
const createChance = (secretKey: string) => {
  const seed = randomBytes(32)
  const bytesOf = (n: number) => Buffer.from(hkdfSync('sha256', seed, '', String(n), 92))
  const secretOf = (n: number) => bytesOf(n).subarray(0, 48)
  const tokens: string[] = []
  let id = ''
  let key: string | undefined
  const toTokenBytes = (n: number) =>
    key === undefined
      ? bytesOf(n).subarray(48, 80)
      : deriveTokenBytes(createSecretKey(secretKey, 'base64url'), new Secret(key), id)
  return {
    newId: () => (id = randomUUIDv7()),
    // A create draws its operation's id just before.
    randomBytes: () => {
      tokens.push(createToken(0, toTokenBytes(tokens.length + 1)).slice(...randomPart))
      return bytesOf(tokens.length)
    },
    underKey: (next: string | undefined) => {
      key = next
    },
    tokens,
    planted: (): Planted[] =>
      tokens.flatMap((token, index) => {
        const secret = secretOf(index + 1)
        return [
          { name: `client secret ${index + 1}`, value: secret.toString('base64url') },
          { name: `client secret ${index + 1} in hex`, value: secret.toString('hex') },
          { name: `retrieval token ${index + 1}`, value: token.slice(0, 32) },
          { name: `retrieval token ${index + 1}, its end`, value: token.slice(-32) },
        ]
      }),
    nextSecret: () => secretOf(tokens.length + 1).toString('base64url'),
  }
}

/** An answer without the one field that is there to carry a secret. */
const withoutMeant = ({ status, body }: Answer, path: string): unknown => {
  if (status === 201) return { ...body, retrieval: { ...body.retrieval, token: 'meant' } }
  return status === 200 && path === '/secret-retrievals' ? { ...body, clientSecret: 'meant' } : body
}

const ofConfiguration = (secretKey: string, databaseUrl: string): Planted[] => [
  { name: 'server key', value: secretKey },
  { name: 'server key in hex', value: Buffer.from(secretKey, 'base64url').toString('hex') },
  ...(databaseUrl.startsWith('sqlite:')
    ? []
    : [{ name: 'database password', value: new URL(databaseUrl).password }]),
]

type Start = { engine: Engine; signIn: SignIn; secretKey: string; world: Partial<World> }

/** A service on that engine, which says as much as it can. */
const start = async (t: TestContext, { engine, signIn, secretKey, world }: Start): Promise<TestService> => {
  const database = await engine.createDatabase()
  return startTestService(t, {
    ...(database !== undefined && { database }),
    ...(signIn.sandbox && { sandbox: signIn.sandbox }),
    env: async sandbox => ({
      SECRET_KEY: secretKey,
      LOG_LEVEL: 'trace',
      ...(await signIn.env(sandbox, t)),
    }),
    world,
  })
}

/** A service, everything it says, and everything it must keep to itself. */
export const watch = async (t: TestContext, engine: Engine, signIn: SignIn = byPassword()) => {
  const now = Date.now()
  const secretKey = randomBytes(32).toString('base64url')
  const chance = createChance(secretKey)
  const world = { now: () => now, newId: chance.newId, randomBytes: chance.randomBytes }
  let service = await start(t, { engine, signIn, secretKey, world })
  const { sandbox, env } = service
  const databaseUrl = env['DATABASE_URL'] ?? ''
  const callers = ['payments-pipeline', 'shop-pipeline', 'auditor'] as const
  const tokens = await Promise.all(callers.map(each => sandbox.accessToken({ service: each })))
  const [own = '', foreign = '', auditor = ''] = tokens
  const said: Place[] = []
  const logs = [service.logLines]
  const keys: string[] = []
  /** A key of its own for each call, unless the call brings one. */
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const key = options.headers?.['idempotency-key'] ?? `idempotency-${randomBytes(24).toString('hex')}`
    if (!keys.includes(key)) keys.push(key)
    chance.underKey(key)
    const headers = { ...options.headers, 'idempotency-key': key }
    const answer = await service.call(method, path, { token: own, ...options, headers })
    const content = JSON.stringify([answer.status, [...answer.headers], withoutMeant(answer, path)])
    said.push({ name: `${method} ${path}: ${content}`, content })
    return answer
  }
  const planted = (): Planted[] => [
    ...signIn.planted(sandbox),
    ...ofConfiguration(secretKey, databaseUrl),
    ...keys.map((value, index) => ({ name: `idempotency key ${index}`, value })),
    ...tokens.map((value, index) => ({ name: `access token ${index}`, value })),
    ...chance.planted(),
  ]
  /** The same service anew, which remembers nothing of what PingFederate did to the one before. */
  const restart = async (others: Record<string, string> = {}): Promise<void> => {
    await service.stop()
    service = await startTestService(t, { after: service, env: others, world })
    logs.push(service.logLines)
  }
  const readPlaces = async (): Promise<Place[]> => [
    ...logs.flat().map(content => ({ name: content, content })),
    ...said,
    ...(signIn.heard ?? []),
    ...(await engine.readPlaces(databaseUrl)),
  ]
  return {
    ...{ sandbox, call, said, planted, nextSecret: chance.nextSecret, own, foreign, auditor },
    ...{ log: logs[0] ?? [], readPlaces, restart, tokens: chance.tokens, databaseUrl },
  }
}

export type Watched = Awaited<ReturnType<typeof watch>>

/** Fails for everything planted that stands in the log, an answer or the database. */
export const assertNothingLeaked = async ({ readPlaces, planted }: Watched): Promise<void> =>
  assertNotIn(await readPlaces(), planted())
