import type { IncomingMessage } from 'node:http'
import jwt from '@fastify/jwt'
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify'
import { countFields } from '../http/field-count.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { logTexts } from '../log.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import {
  type AuthenticationConfig,
  checkHeader,
  maxTokenLength,
  refuseAmbiguous,
  TokenRefused,
  toPrincipal,
} from './access-token.ts'
import { type IssuerKeys, IssuerUnavailable, UnknownKey } from './issuer-keys.ts'
import type { VerifiedTokens } from './verified-tokens.ts'

type Scope =
  | 'web-session-clients:read'
  | 'web-session-clients:write'
  | 'web-session-clients:admin'
  | 'secrets:redeem'
  | 'audit:read'

/** In place of a scope: every access token is enough. It has to be said, because a route that says nothing does not start. */
export const anyScope = 'any'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: Record<string, unknown>
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null
  }
  interface FastifyContextConfig {
    /** Scope that callers need, or that any will do; the service does not start if a protected route says neither. */
    scope?: Scope | typeof anyScope
  }
}

export type AuthenticationOptions = Omit<AuthenticationConfig, 'jwksUrl'> & {
  keys: IssuerKeys
  limits: Pick<RateLimits, 'admitCaller' | 'admitStranger'>
  verified: VerifiedTokens
  /** Milliseconds since the epoch. */
  now: () => number
}

const realm = 'Bearer realm="web-session-clients"'

/**
 * Makes every route of this registration require an access token (RFC 6750, RFC 9068) with the scope its
 * `config.scope` names. A route that does not say which, not even `anyScope`, stops the start-up: deny by default.
 */
export const authenticate = async (app: FastifyInstance, options: AuthenticationOptions): Promise<void> => {
  await app.register(jwt, {
    decode: { complete: true },
    secret: async (_request: FastifyRequest, token: unknown) => {
      const { header } = token as { header: Record<string, unknown> }
      checkHeader(header, options)
      return options.keys.findKey(header as never)
    },
    // The claims are checked in `toPrincipal`, which says what is wrong with them.
    verify: { algorithms: options.algorithms as never, ignoreExpiration: true, ignoreNotBefore: true },
  })
  app.decorateRequest('principal', null)
  app.addHook('onRoute', ({ config, url }) => {
    if (!config?.scope) throw new Error(`The protected route ${url} names no scope.`)
  })
  app.addHook('onRequest', async (request, reply) => {
    request.principal = await identify(request, options).catch(error => {
      if (error instanceof Problem && error.status === 401) {
        options.limits.admitStranger(request.ip)
        if (error.code === 'invalid_token') logRefusal(request, error)
      }
      throw error
    })
    // Before the scope is checked, so that a request refused for its scope counts as well.
    options.limits.admitCaller(request, reply, request.principal)
    requireScope(request.principal, request.routeOptions.config.scope)
  })
}

/** For the operator, who compares it with the configuration; nothing of the token itself is written. */
const logRefusal = ({ log }: FastifyRequest, { message, cause }: Problem): void => {
  const reason = isOfUnknownKey(cause) ? unknownKey : message
  log.info({ reason, ...(cause instanceof TokenRefused && cause.refused) }, logTexts.tokenRefused)
}

const unknownKey = 'No key that the issuer publishes fits the token; another issuer may have made it.'

const isOfUnknownKey = (error: unknown): boolean =>
  [error, (error as Error | undefined)?.cause].some(each => each instanceof UnknownKey)

/** The caller of a protected route. */
export const principalOf = (request: FastifyRequest): Principal => {
  if (!request.principal) throw new Error('A protected handler ran outside the protected registration.')
  return request.principal
}

/** The caller of a request whose one token was verified a moment ago; undefined for all others, whoever they are. */
export const findVerified = (
  { headers: { authorization }, rawHeaders }: IncomingMessage,
  verified: Pick<VerifiedTokens, 'find'>,
): Principal | undefined =>
  authorization && countFields(rawHeaders, 'authorization') === 1 ? verified.find(authorization) : undefined

const identify = async (request: FastifyRequest, options: AuthenticationOptions): Promise<Principal> => {
  const authorization = getBearer(request)
  return options.verified.find(authorization) ?? verify(request, authorization, options)
}

const verify = async (
  request: FastifyRequest,
  authorization: string,
  options: AuthenticationOptions,
): Promise<Principal> => {
  try {
    if (!isWellFormed(authorization)) throw new TokenRefused(malformed)
    const claims = await request.jwtVerify<Record<string, unknown>>()
    refuseAmbiguous(authorization.slice('Bearer '.length))
    const principal = toPrincipal(claims, options, options.now() / 1000)
    options.verified.remember(authorization, principal, Number(claims['exp']))
    return principal
  } catch (error) {
    throw toProblem(error)
  }
}

const malformed = 'The Authorization header is not a well-formed bearer token.'

/** Token form of RFC 6750 section 2.1; anything else is refused before it costs anything. */
const bearer = /^Bearer [A-Za-z0-9._~+/-]+=*$/i

/** Whether no spare bits are set: decoding drops them, so one token could have many texts (RFC 4648 section 3.5). */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part

const isWellFormed = (authorization: string): boolean =>
  bearer.test(authorization) && authorization.slice('Bearer '.length).split('.').every(isCanonical)

/** The one `Authorization` field of a request, as it was sent. */
const getBearer = ({ headers: { authorization }, raw }: FastifyRequest): string => {
  if (!authorization || !/^Bearer\b/i.test(authorization)) {
    throw new Problem(
      'unauthenticated',
      'Send an access token of the configured issuer as Authorization: Bearer.',
      {
        headers: { 'www-authenticate': realm },
      },
    )
  }
  // Node.js keeps the first of several `Authorization` fields; a proxy may have checked another one.
  if (countFields(raw.rawHeaders, 'authorization') > 1 || authorization.length > maxTokenLength)
    throw invalidToken(malformed)
  return authorization
}

const invalidToken = (description: string, cause?: unknown): Problem =>
  new Problem('invalid_token', description, {
    headers: { 'www-authenticate': `${realm}, error="invalid_token", error_description="${description}"` },
    cause,
  })

const toProblem = (error: unknown): Problem => {
  const unavailable = [error, (error as Error).cause].some(each => each instanceof IssuerUnavailable)
  if (unavailable) {
    return new Problem(
      'issuer_unavailable',
      'The issuer’s keys cannot be had at the moment; nothing was done. Try again.',
      {
        headers: { 'retry-after': '5' },
        cause: error,
      },
    )
  }
  if (error instanceof TokenRefused) return invalidToken(error.message, error)
  return invalidToken('The token is not a valid access token for this service.', error)
}

const requireScope = (principal: Principal, scope: FastifyContextConfig['scope']): void => {
  if (scope === anyScope || (scope && principal.scopes.has(scope))) return
  throw new Problem('insufficient_scope', `This needs the scope ${scope}.`, {
    headers: { 'www-authenticate': `${realm}, error="insufficient_scope", scope="${scope}"` },
  })
}
