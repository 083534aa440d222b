import type { FastifyInstance } from 'fastify'
import { anyScope } from '../authentication/authenticate.ts'
import { type DescribedProblem, type ProblemCode, problemResponses } from '../problem.ts'
import { describeRateLimits } from './describe-rate-limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a protected route can answer besides what every one can. */
    problems?: readonly DescribedProblem[]
  }
}

/** What every protected operation can answer. */
const protectedProblems = [
  'malformed_request',
  'request_timeout',
  'uri_too_long',
  'expectation_failed',
  'header_fields_too_large',
  'unauthenticated',
  'invalid_token',
  'validation_failed',
  'rate_limited',
  'internal_error',
  'issuer_unavailable',
  'database_unavailable',
  'overloaded',
  'shutting_down',
] as const satisfies ProblemCode[]

/** What every operation can answer that needs a certain scope. */
const scopeProblems = ['insufficient_scope'] as const satisfies ProblemCode[]

/** What every operation with a body can answer. */
const bodyProblems = [
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
] as const satisfies ProblemCode[]

/** Adds to the schema of every route of this registration what follows from its scope, its body and the problems it names. */
export const describeProtected = (app: FastifyInstance): void => {
  app.addHook('onRoute', route => {
    const { schema = {}, config } = route
    const needsScope = config?.scope !== anyScope
    const problems = problemResponses(
      ...protectedProblems,
      ...(needsScope ? scopeProblems : []),
      ...(schema.body ? bodyProblems : []),
      ...(config?.problems ?? []),
    )
    route.schema = {
      ...schema,
      // Read and removed by who makes the document: Fastify's own words for a body know no optional one.
      ...(config?.isBodyOptional && { 'x-optional-body': true }),
      security: [{ oauth2: needsScope ? [String(config?.scope)] : [] }, { bearer: [] }],
      response: describeRateLimits({ ...(schema.response as object | undefined), ...problems }),
    }
  })
}
