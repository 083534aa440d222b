import type { FastifyInstance, FastifyRequest } from 'fastify'
import { logTexts } from './log.ts'

/** One line per request; routes with `logLevel: 'silent'` write none. */
export const logRequests = (app: FastifyInstance): void => {
  app.addHook('onResponse', async (request, reply) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(request.principal && { subject: request.principal.subject }),
      ...(request.problemCode && { code: request.problemCode }),
    }
    if (reply.statusCode >= 500) request.log.error(line, logTexts.request)
    else request.log.info(line, logTexts.request)
  })
}

/** Answers can carry secrets, tokens and other people's clients: no cache keeps any, no browser guesses a type. */
export const commonHeaders = ({ id }: FastifyRequest): Record<string, string> => ({
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-request-id': id,
})

export const setCommonHeaders = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(commonHeaders(request))
  })
}
