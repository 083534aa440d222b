import { randomBytes, randomUUIDv7 } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { toPrincipal } from '../../src/authentication/access-token.ts'
import { type Config, parseConfig } from '../../src/config.ts'
import { openStore } from '../../src/database/open.ts'
import type { Store } from '../../src/database/store.ts'
import { buildValidator } from '../../src/http/compilation.ts'
import type { App } from '../../src/http/route.ts'
import { createPingFederate } from '../../src/pingfederate/ping-federate.ts'
import { createReplication } from '../../src/pingfederate/replication.ts'
import type { CallPingFederate } from '../../src/pingfederate/transport.ts'
import { openPolicy } from '../../src/policy/team-policy.ts'
import { ProblemDetails, Violation } from '../../src/problem.ts'
import { createClientJournal } from '../../src/web-session-clients/client-journal.ts'
import { createWebSessionClient } from '../../src/web-session-clients/create.ts'
import { CreateDryRun } from '../../src/web-session-clients/dry-run-schema.ts'
import { CreatedWebSessionClient, CreateWebSessionClient } from '../../src/web-session-clients/schema.ts'
import { audited } from '../audit/audited.ts'

/*
 * The same create built the way one would without measuring: every token's signature checked on every request, global
 * `fetch`, each transaction committed by itself, and Fastify's own log.
 */
const authenticate = (app: FastifyInstance, { jwt }: Config): void => {
  const keys = createRemoteJWKSet(new URL(`${jwt.issuer}/jwks`))
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async request => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    const { payload } = await jwtVerify(token, keys, { issuer: jwt.issuer, audience: jwt.audience })
    request.principal = toPrincipal(payload, jwt, Date.now() / 1000)
  })
}

const callByFetch =
  ({ pingFederate }: Config): CallPingFederate =>
  async ({ method, path, body, read }) => {
    if (pingFederate.credentials.kind !== 'basic') throw new Error('The benchmark signs in with a password.')
    const { username, password } = pingFederate.credentials
    const response = await fetch(`${pingFederate.adminUrl}/pf-admin-api/v1${path}`, {
      method,
      headers: {
        'x-xsrf-header': 'PingFederate',
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(pingFederate.timeoutMs),
    })
    return read({ status: response.status, body: await response.json() })
  }

const commitEach = (store: Store): Store => ({
  ...store,
  write: work => store.db.transaction().execute(work),
})

const config = parseConfig(process.env)
const app = Fastify({ logger: true, schemaController: { compilersFactory: { buildValidator } } })
authenticate(app, config)
for (const schema of [
  Violation,
  ProblemDetails,
  CreateWebSessionClient,
  CreatedWebSessionClient,
  CreateDryRun,
])
  app.addSchema(schema)
const pingFederate = createPingFederate({ call: callByFetch(config) })
const store = audited(commitEach(await openStore(config.database, { now: Date.now, log: app.log })))
const replication = createReplication({
  mode: 'none',
  pingFederate,
  now: Date.now,
  onFailure: () => undefined,
})
createWebSessionClient(app as unknown as App, {
  config,
  store,
  journal: createClientJournal({ config, store, pingFederate, replication }),
  pingFederate: { ...pingFederate, inSlot: work => work(pingFederate) },
  policy: { current: () => openPolicy },
  replication,
  newId: () => randomUUIDv7(),
  randomBytes,
})
await app.listen({ host: '127.0.0.1', port: config.port })
