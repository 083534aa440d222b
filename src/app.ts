import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { describeProtected } from './api-document/describe-protected.ts'
import { noteRoutes } from './api-document/described-routes.ts'
import { serveDocumentation } from './api-document/documentation.ts'
import { listAuditEvents } from './audit/list.ts'
import type { AuditedStore } from './audit/record.ts'
import { recordRefusals } from './audit/record-refusals.ts'
import { AuditEvent } from './audit/schema.ts'
import { authenticate, findVerified } from './authentication/authenticate.ts'
import type { IssuerKeys } from './authentication/issuer-keys.ts'
import { createVerifiedTokens, type VerifiedTokens } from './authentication/verified-tokens.ts'
import { answerClientError, refuseTunnels } from './client-error.ts'
import type { Config } from './config.ts'
import { answerProblems, refuseUnknownAddresses, sendProblem, toProblem } from './errors.ts'
import { getLiveness } from './health/live.ts'
import { getReadiness } from './health/ready.ts'
import { setCommonHeaders, toCommonHeaders } from './http/common-headers.ts'
import { buildSerializer, buildValidator } from './http/compilation.ts'
import { allowOrigins, toCorsHeaders, toVary } from './http/cors.ts'
import { refuseExpectations } from './http/expectations.ts'
import { refuseUnclearFraming } from './http/framing.ts'
import { acceptOnlyJson } from './http/json-body.ts'
import { measureRequests } from './http/measure-requests.ts'
import { collectAddresses } from './http/other-methods.ts'
import { rememberAddresses } from './http/peer-address.ts'
import { logRequests } from './http/request-log.ts'
import type { App } from './http/route.ts'
import { refuseUnknownQuery } from './http/validation.ts'
import type { InstallationWatch } from './installation/watch-installation.ts'
import type { Journal } from './journal/change.ts'
import { getOperation } from './journal/get-operation.ts'
import { shedLoad } from './limits/overload.ts'
import { countUnknownTokens, createRateLimits, type RateLimits } from './limits/rate-limits.ts'
import { refuseUnrouted } from './limits/refuse-unrouted.ts'
import { refuseWhenStopping } from './limits/stopping.ts'
import { logTexts } from './log.ts'
import { getMetrics } from './metrics/get-metrics.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { PingAccess } from './pingaccess/ping-access.ts'
import type { Replication } from './pingfederate/replication.ts'
import type { ProtectedPingFederate } from './pingfederate/resilience.ts'
import type { Runtime } from './pingfederate/runtime.ts'
import type { TokenProviderReader } from './pingfederate/token-provider.ts'
import type { PolicyInForce } from './policy/in-force.ts'
import { requestsPerMinute } from './policy/team-policy.ts'
import { problemSchemas } from './problem.ts'
import { lookUpRetrieval } from './secret-retrievals/look-up.ts'
import { redeemSecret } from './secret-retrievals/redeem.ts'
import { RetrievalToken } from './secret-retrievals/schema.ts'
import { listTeams } from './teams/list.ts'
import { Team } from './teams/schema.ts'
import { adoptWebSessionClients } from './web-session-clients/adopt.ts'
import { Adoptions, AdoptWebSessionClients } from './web-session-clients/adoption-schema.ts'
import { createWebSessionClient } from './web-session-clients/create.ts'
import { deleteWebSessionClient } from './web-session-clients/delete.ts'
import { DeliverSecret, DeliveryDryRun } from './web-session-clients/deliver-schema.ts'
import { getDrift } from './web-session-clients/drift.ts'
import { Drift, Reconcile, ReconciledWebSessionClient } from './web-session-clients/drift-schema.ts'
import { CreateDryRun } from './web-session-clients/dry-run-schema.ts'
import { ensureWebSessionClient } from './web-session-clients/ensure.ts'
import { EnsuredWebSessionClient, EnsureWebSessionClient } from './web-session-clients/ensure-schema.ts'
import { getWebSessionClient } from './web-session-clients/get.ts'
import { listWebSessionClients } from './web-session-clients/list.ts'
import { reconcileWebSessionClient } from './web-session-clients/reconcile.ts'
import { revokePreviousSecrets } from './web-session-clients/revoke-previous-secrets.ts'
import { revokeRetrieval } from './web-session-clients/revoke-retrieval.ts'
import { rotateSecret } from './web-session-clients/rotate-secret.ts'
import {
  RotatedWebSessionClient,
  RotateSecret,
  RotationDryRun,
} from './web-session-clients/rotation-schema.ts'
import {
  CreatedWebSessionClient,
  CreateWebSessionClient,
  WebSessionClient,
  WebSessionClientWithRetrieval,
} from './web-session-clients/schema.ts'
import { updateWebSessionClient } from './web-session-clients/update.ts'
import { UpdateDryRun, UpdateWebSessionClient } from './web-session-clients/update-schema.ts'
import type { Upstream } from './web-session-clients/upstream.ts'
import { waitUntilLive } from './web-session-clients/wait-until-live.ts'
import { ImportCertificate, ImportedCertificate } from './web-sessions/certificate-import-schema.ts'
import { deliverSecret } from './web-sessions/deliver.ts'
import { DeliveredWebSessionClient } from './web-sessions/deliver-schema.ts'
import { createFindLive } from './web-sessions/find-live.ts'
import { importCertificate } from './web-sessions/import-certificate.ts'
import { createIsLiveAtNodes } from './web-sessions/is-live-at-nodes.ts'
import { LiveAgreement } from './web-sessions/live-agreement-schema.ts'
import { checkClientLogin } from './web-sessions/login-check.ts'
import { LoginCheck } from './web-sessions/login-check-schema.ts'
import { getWebSessionRecipe } from './web-sessions/recipe.ts'
import { WebSessionRecipe } from './web-sessions/recipe-schema.ts'
import { getTokenProvider } from './web-sessions/token-provider.ts'
import { TokenProvider } from './web-sessions/token-provider-schema.ts'

/** What the service takes from its surroundings besides its configuration. */
export type World = {
  log: FastifyBaseLogger
  /** Milliseconds since the epoch. */
  now: () => number
  /** UUIDs in the order of their making (version 7). */
  newId: () => string
  randomBytes: (size: number) => Buffer
}

export type Dependencies = World & {
  config: Config
  store: AuditedStore
  journal: Journal<Upstream>
  keys: IssuerKeys
  pingFederate: ProtectedPingFederate
  /** Undefined where none is configured. */
  pingAccess: PingAccess | undefined
  runtime: Runtime
  tokenProvider: TokenProviderReader
  replication: Replication
  installation: Pick<InstallationWatch, 'warnings'>
  metrics: Metrics
  policy: PolicyInForce
}

/** The fullest create request is below 16 KiB. */
const bodyLimitBytes = 64 * 1024
/** How long a request may take to arrive, its header and as a whole. */
const headersTimeoutMs = 10_000
const requestTimeoutMs = 15_000
/** Node.js looks every 30 s by default, so that a slow sender would have three times as long. */
const checkingIntervalMs = 1_000
/** Longer than the minute after which load balancers drop an idle connection, or they would meet closed ones. */
const keepAliveTimeoutMs = 72_000
/** More than anybody needs who is not out to exhaust them; an idle one costs some 10 kB. */
const maxConnections = 10_000

/** What PingFederate holds up never takes the places of those who only read and redeem. */
const toMaxInFlight = ({ pingFederate }: Config): number =>
  256 + pingFederate.concurrency + pingFederate.queue

/** Longer than any request of ours is at work without a byte: what is left is a client that does not read its answer. */
const toIdleTimeoutMs = ({ pingFederate }: Config): number => 10 * pingFederate.timeoutMs + requestTimeoutMs

/** The application, ready to listen: what is public, what is protected, and what holds for both. */
export const buildApp = async (dependencies: Dependencies): Promise<FastifyInstance> => {
  const { config } = dependencies
  const headers = toCommonHeaders({ config })
  const limits = createRateLimits({
    limits: config.rateLimits,
    findTeamLimit: team => requestsPerMinute(dependencies.policy.current(), team)?.value,
    now: dependencies.now,
  })
  const answerUnread = answerClientError({ ...dependencies, headers, ...dependencies.metrics })
  const app = createServer(dependencies, headers, answerUnread)
  refuseTunnels(app, answerUnread)
  app.server.maxConnections = maxConnections
  rememberAddresses(app.server)
  answerProblems(app, config.publicUrl)
  measureRequests(app, dependencies.metrics)
  logRequests(app)
  // Before anything that can refuse, so that a page may read a refusal too.
  setCommonHeaders(app, headers)
  await allowOrigins(app, config.corsOrigins)
  refuseUnclearFraming(app)
  refuseExpectations(app)
  refuseWhenStopping(app)
  const answerOtherMethods = collectAddresses(app)
  const load = shedLoad(app, { maxInFlight: toMaxInFlight(config), ...dependencies.metrics })
  dependencies.metrics.requests.watchArrivals(load.arrivingBytes)
  const verified = createVerifiedTokens(dependencies)
  refuseUnrouted(app, {
    ...dependencies,
    ...{ ...dependencies.metrics, ...load },
    headers: { ...headers, ...toVary(config.corsOrigins) },
    findCaller: request => findVerified(request, verified),
  })
  refuseUnknownAddresses(app)
  acceptOnlyJson(app)
  const describe = noteRoutes(app)
  for (const schema of schemas) app.addSchema(schema)
  await app.register(async scope =>
    publicRoutes(scope as unknown as App, { ...dependencies, limits, describe }),
  )
  await app.register(async scope =>
    protectedRoutes(scope as unknown as App, { ...dependencies, limits, verified }),
  )
  answerOtherMethods()
  return app
}

const schemas = [
  ...problemSchemas,
  CreateWebSessionClient,
  CreatedWebSessionClient,
  CreateDryRun,
  UpdateWebSessionClient,
  UpdateDryRun,
  EnsureWebSessionClient,
  EnsuredWebSessionClient,
  AdoptWebSessionClients,
  Adoptions,
  Drift,
  Reconcile,
  ReconciledWebSessionClient,
  RotateSecret,
  RotatedWebSessionClient,
  RotationDryRun,
  WebSessionClient,
  WebSessionClientWithRetrieval,
  LiveAgreement,
  WebSessionRecipe,
  DeliverSecret,
  DeliveredWebSessionClient,
  DeliveryDryRun,
  LoginCheck,
  TokenProvider,
  ImportCertificate,
  ImportedCertificate,
  RetrievalToken,
  AuditEvent,
  Team,
]

type PublicDependencies = Dependencies & { limits: RateLimits; describe: () => Promise<FastifyInstance> }

const publicRoutes = async (app: App, dependencies: PublicDependencies): Promise<void> => {
  getLiveness(app)
  getReadiness(app, dependencies)
  if (dependencies.config.metricsPort === undefined) getMetrics(app, dependencies.metrics.exposition)
  await app.register(async scope => serveDocumentation(scope, dependencies))
}

type ProtectedDependencies = Dependencies & { limits: RateLimits; verified: VerifiedTokens }

const protectedRoutes = async (app: App, dependencies: ProtectedDependencies): Promise<void> => {
  const { limits } = dependencies
  await authenticate(app as unknown as FastifyInstance, { ...dependencies.config.jwt, ...dependencies })
  // Before what is recorded of refusals, which takes its time: the next request finds this one counted.
  countUnknownTokens(app as unknown as FastifyInstance, limits)
  recordRefusals(app as unknown as FastifyInstance, dependencies)
  refuseUnknownQuery(app as unknown as FastifyInstance)
  describeProtected(app as unknown as FastifyInstance)
  waitUntilLive(app as unknown as FastifyInstance, {
    ...dependencies,
    isLiveAtNodes: createIsLiveAtNodes(dependencies),
  })
  createWebSessionClient(app, dependencies)
  listWebSessionClients(app, dependencies)
  getWebSessionClient(app, dependencies)
  ensureWebSessionClient(app, dependencies)
  updateWebSessionClient(app, dependencies)
  adoptWebSessionClients(app, dependencies)
  getDrift(app, dependencies)
  reconcileWebSessionClient(app, dependencies)
  rotateSecret(app, dependencies)
  revokePreviousSecrets(app, dependencies)
  revokeRetrieval(app, dependencies)
  deleteWebSessionClient(app, dependencies)
  const findLive = createFindLive(dependencies)
  getWebSessionRecipe(app, { ...dependencies, findLive })
  deliverSecret(app, { ...dependencies, findLive })
  checkClientLogin(app, dependencies)
  getTokenProvider(app, dependencies)
  importCertificate(app, dependencies)
  getOperation(app, dependencies)
  redeemSecret(app, dependencies)
  lookUpRetrieval(app, dependencies)
  listAuditEvents(app, dependencies)
  listTeams(app, dependencies)
}

const createServer = (
  { log, newId, config, metrics }: Dependencies,
  headers: Readonly<Record<string, string>>,
  clientErrorHandler: ReturnType<typeof answerClientError>,
): FastifyInstance =>
  Fastify({
    loggerInstance: log,
    // One line of our own per request instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    // A caller's request id would let it write into the log and collide with others'.
    requestIdHeader: false,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    bodyLimit: bodyLimitBytes,
    // Fastify's default is never; this is what ends slow senders.
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: checkingIntervalMs,
      // Refused here instead, as a request like any other, so that it has its log line and our header fields.
      requireHostHeader: false,
    },
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionTimeout: toIdleTimeoutMs(config),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler,
    schemaController: { compilersFactory: { buildSerializer, buildValidator } },
    // No hook runs for an address that cannot be read, so the headers are set here.
    frameworkErrors: (error, request, reply) => {
      const problem = toProblem(error)
      metrics.countProblem(problem.code)
      reply.headers({ ...headers, ...toCorsHeaders(request, config.corsOrigins), 'x-request-id': request.id })
      void sendProblem(problem, request, reply as never)
      request.log.info(
        { method: request.method, status: problem.status, code: problem.code },
        logTexts.request,
      )
    },
  }) as unknown as FastifyInstance
