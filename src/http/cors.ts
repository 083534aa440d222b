import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** How long a browser remembers a preflight, in seconds: an origin that is taken from the list is out after that. */
const preflightSeconds = 600

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Prefer',
]
const exposedHeaders = [
  'Location',
  'ETag',
  'Idempotent-Replayed',
  'Preference-Applied',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'WWW-Authenticate',
  'X-Request-Id',
]

/** For the answers to addresses that cannot be read, for which no hook runs: a page may read them like all others. */
export const toCorsHeaders = (
  request: FastifyRequest,
  origins: readonly string[],
): Record<string, string> => {
  const { origin = '' } = request.headers
  return { ...toVary(origins), ...(origins.includes(origin) && { 'access-control-allow-origin': origin }) }
}

/** What every answer tells caches, where some are different for pages of these origins. */
export const toVary = (origins: readonly string[]): Record<string, string> =>
  origins.length === 0 ? {} : { vary: 'Origin' }

/**
 * Lets pages of these origins call from a browser, and no others (Fetch, CORS protocol). Without any there is no CORS at
 * all. Callers show an access token, so cookies and the like are never asked for. A preflight is answered here, before
 * authentication: a browser sends no token with it.
 */
export const allowOrigins = async (app: FastifyInstance, origins: readonly string[]): Promise<void> => {
  if (origins.length === 0) return
  const allowed: FastifyCorsOptions = {
    origin: [...origins],
    methods,
    allowedHeaders,
    exposedHeaders,
    maxAge: preflightSeconds,
    credentials: false,
  }
  const foreign: FastifyCorsOptions = { origin: false }
  const choose = (request: FastifyRequest): FastifyCorsOptions => {
    if (!origins.includes(request.headers.origin ?? '')) return foreign
    return { ...allowed, preflight: request.headers['access-control-request-method'] !== undefined }
  }
  await app.register(cors, { delegator: (request, answer) => answer(null, choose(request)) })
}
