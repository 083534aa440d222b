import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CommitUnknown, isDatabaseUnavailable } from './database/unavailable.ts'
import { type SchemaErrors, toValidationProblem, toViolations } from './http/validation.ts'
import { logTexts } from './log.ts'
import { PingAccessFailure } from './pingaccess/failure.ts'
import { toPingAccessProblem } from './pingaccess/to-problem.ts'
import { PingFederateFailure } from './pingfederate/failure.ts'
import { toProblem as toUpstreamProblem } from './pingfederate/to-problem.ts'
import { Problem, type ProblemCode, toProblemDetails } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The problem that was answered. */
    problem: Problem | null
  }
}

/**
 * Everything that goes wrong, wherever, is answered as problem details and logged for the operator.
 * @param publicUrl base URL of the operations that problems lead to; relative addresses without it
 */
export const answerProblems = (app: FastifyInstance, publicUrl?: string): void => {
  app.decorateRequest('problem', null)
  app.setErrorHandler((error, request, reply) => sendProblem(toProblem(error), request, reply, publicUrl))
  app.setNotFoundHandler((request, reply) => sendProblem(unknownAddress(), request, reply))
}

/** Answers an address that nobody has before a body that comes with it is read, which would be 413, 415 or a wait. */
export const refuseUnknownAddresses = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, _reply, done) => done(request.is404 ? unknownAddress() : undefined))
}

const unknownAddress = (): Problem =>
  new Problem('route_not_found', 'Nothing answers at this address; the API document says which ones do.')

/** Answers a problem; also for errors that strike before a route is found. */
export const sendProblem = (
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl?: string,
): FastifyReply => {
  request.problem = problem
  // Under overload one line per request, its own, is all there is time for.
  if (problem.status >= 500 && problem.code !== 'overloaded')
    request.log.error(
      { err: problem.cause ?? problem, code: problem.code },
      problem.status === 500 ? logTexts.unexpected : problem.code,
    )
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send(toProblemDetails(problem, request.id, publicUrl))
}

/** Fastify's own refusals, by its documented codes. */
const frameworkProblems: Record<string, { code: ProblemCode; detail: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body_too_large', detail: 'Send a smaller body.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'Send the body as application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed_request',
    detail: 'Content-Length does not fit the body.',
  },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'uri_too_long', detail: 'No id is that long.' },
  FST_ERR_BAD_URL: { code: 'malformed_request', detail: 'The address is not well-formed.' },
}

/** Any error to the problem that is answered; what is not expected becomes a 500 with a fixed sentence. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof PingFederateFailure) return toUpstreamProblem(error)
  if (error instanceof PingAccessFailure) return toPingAccessProblem(error)
  if (error instanceof CommitUnknown) {
    return new Problem(
      'database_unavailable',
      'The connection to the database broke at the very end; the change may have been made. Look before you try again.',
      { cause: error, headers: { 'retry-after': '5' } },
    )
  }
  if (isDatabaseUnavailable(error)) {
    return new Problem(
      'database_unavailable',
      'The database cannot be used at the moment; nothing was done. Try again.',
      { cause: error, headers: { 'retry-after': '5' } },
    )
  }
  const { validation, validationContext, code, statusCode } = (error ?? {}) as FastifyError
  if (validation) {
    return toValidationProblem(toViolations({ validation, validationContext } as SchemaErrors))
  }
  const known = frameworkProblems[code]
  if (known) return new Problem(known.code, known.detail)
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem('malformed_request', 'The request cannot be understood.')
  return new Problem(
    'internal_error',
    'The service failed; its operator finds the reason in the log under this instance.',
    { cause: error },
  )
}
