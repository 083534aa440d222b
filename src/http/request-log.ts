import type { FastifyInstance } from 'fastify'
import { logTexts } from '../log.ts'

/** One line per request; routes with `logLevel: 'silent'` write none. */
export const logRequests = (app: FastifyInstance): void => {
  app.addHook('onResponse', (request, reply, done) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(request.principal && { subject: request.principal.subject }),
      ...(request.problem && { code: request.problem.code }),
    }
    if (reply.statusCode >= 500) request.log.error(line, logTexts.request)
    // By the log of the service, because a refusal is worth a line where probes write none.
    else if (request.problem) app.log.info({ reqId: request.id, ...line }, logTexts.request)
    else request.log.info(line, logTexts.request)
    done()
  })
}
