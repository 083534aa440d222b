import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { setCommonHeaders, toCommonHeaders } from '../http/common-headers.ts'
import { refuseExpectations } from '../http/expectations.ts'
import { refuseUnclearFraming } from '../http/framing.ts'
import { logRequests } from '../http/request-log.ts'
import type { App } from '../http/route.ts'
import { logTexts } from '../log.ts'
import { problemSchemas } from '../problem.ts'
import { getMetrics } from './get-metrics.ts'
import type { Exposition } from './metrics.ts'

type Options = {
  host: string
  /** Nothing listens where there is none. */
  port: number | undefined
  exposition: Exposition
  /** Has the listener answer what goes wrong. */
  answerProblems: (app: FastifyInstance) => void
  log: FastifyBaseLogger
  newId: () => string
}

/** Whoever reads metrics sends a line and a few header fields. */
const timeoutMs = 5_000
const maxConnections = 100

/** A listener of its own for `GET /metrics`, so that the one that callers reach does not tell how things are going. */
export const serveMetrics = async ({
  host,
  port,
  exposition,
  answerProblems,
  log,
  newId,
}: Options): Promise<{ stop: () => Promise<void> }> => {
  if (port === undefined) return { stop: async () => undefined }
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    requestIdHeader: false,
    bodyLimit: 1,
    requestTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    // A missing Host is refused as on the other listener, and not by Node.js itself.
    http: { headersTimeout: timeoutMs, requireHostHeader: false },
    forceCloseConnections: true,
  })
  app.server.maxConnections = maxConnections
  answerProblems(app)
  logRequests(app)
  setCommonHeaders(app, toCommonHeaders({ config: { publicUrl: undefined } }))
  refuseUnclearFraming(app)
  refuseExpectations(app)
  for (const schema of problemSchemas) app.addSchema(schema)
  getMetrics(app as unknown as App, exposition)
  await app.listen({ host, port, listenTextResolver: where => `${logTexts.listeningForMetrics} at ${where}` })
  return { stop: () => app.close() }
}
