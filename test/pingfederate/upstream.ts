import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Config } from '../../src/config.ts'
import type { ClientSettings, NewClient } from '../../src/pingfederate/client-settings.ts'
import { createIdentity } from '../../src/pingfederate/identity.ts'
import type { Answer } from '../../src/pingfederate/parse-answer.ts'
import { createPingFederate, type PingFederate } from '../../src/pingfederate/ping-federate.ts'
import { type Call, createTransport, type Transport } from '../../src/pingfederate/transport.ts'
import type { Exchange } from '../../src/sandbox/pingfederate/admin-api.ts'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { Secret } from '../../src/secret.ts'
import { shareSigningKey } from '../signing-key.ts'

export type UpstreamConfig = Config['pingFederate']

export type Upstream = {
  sandbox: Sandbox
  transport: Transport
  pingFederate: PingFederate
  /** Every exchange so far, in the order of the answers. */
  exchanges: Exchange[]
  /** Method and path of each, for assertions. */
  calls: () => string[]
}

type Options = {
  sandbox?: Partial<SandboxOptions>
  config?: Partial<UpstreamConfig>
  now?: () => number
}

/** The adapter, and a PingFederate of its own to speak to. */
export const startUpstream = async (t: TestContext, options: Options = {}): Promise<Upstream> => {
  const sandbox = await createSandbox({
    audience: 'test',
    signingKey: await shareSigningKey(),
    ...options.sandbox,
  })
  t.after(() => sandbox.close())
  const exchanges: Exchange[] = []
  sandbox.pingFederate.onExchange(exchange => exchanges.push(exchange))
  const transport = connect(t, { ...basicConfig(sandbox), ...options.config }, options.now)
  return {
    sandbox,
    transport,
    pingFederate: createPingFederate(transport),
    exchanges,
    calls: () => exchanges.map(({ method, path }) => `${method} ${path}`),
  }
}

/** A call that is asked for nothing but its answer. */
export const asAnswered = <T extends Pick<Call<Answer>, 'method' | 'path'>>(call: T) => ({
  operation: 'get_version' as const,
  read: (answer: Answer) => answer,
  ...call,
})

/** A transport that is closed when the test ends. */
export const connect = (t: TestContext, config: UpstreamConfig, now: () => number = Date.now): Transport => {
  const identity = createIdentity(config, { now, onReread: problems => assert.deepEqual(problems, []) })
  const transport = createTransport(config, { identity, now })
  t.after(() => transport.close())
  return transport
}

export const basicConfig = ({ adminUrl, adminUsername, adminPassword }: Sandbox): UpstreamConfig => ({
  adminUrl,
  credentials: { kind: 'basic', username: adminUsername, password: new Secret(adminPassword) },
  ca: undefined,
  files: {},
  timeoutMs: 2_000,
  concurrency: 64,
  queue: 64,
  credentialsPauseMs: 90_000,
  replication: 'report',
})

const settings: ClientSettings = {
  enabled: true,
  description: null,
  pingAccessUrls: ['https://mypingaccessserver:3000'],
  callbackUnder: 'host',
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
  otherRedirectUris: [],
  grantTypes: ['authorization_code'],
  bypassAuthorizationApproval: true,
  scopes: null,
  requirePkce: false,
  logout: 'none',
  refreshTokens: false,
  oidcPolicy: null,
  accessTokenManager: null,
}

/** The manual's client, with other settings where a test needs them. */
export const newClient = (others: Partial<ClientSettings> = {}, clientId = 'pa_wam'): NewClient => ({
  clientId,
  name: 'PingAccessWebAccessManagement',
  team: 'payments',
  settings: { ...settings, ...others },
})

export const clientSecret = new Secret('a-client-secret-of-more-than-32-characters')
