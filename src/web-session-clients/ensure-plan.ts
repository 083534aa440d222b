import type { FastifyRequest } from 'fastify'
import { presentable } from '../http/validation.ts'
import type { Violation } from '../problem.ts'
import type { EnsureWebSessionClient } from './ensure-schema.ts'
import type { UpdateWebSessionClient } from './update-schema.ts'

/** The body of the create that makes the client of the path; what is no object is left for the schema to refuse. */
export const toCreateBody = (body: unknown, clientId: string): unknown =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body, clientId } : body

/** The path decides which client it is about, so a body that names another one is refused. */
export const findOtherId = ({ body }: FastifyRequest, clientId: string): Violation[] => {
  const { clientId: sent = clientId } = Object(body) as { clientId?: unknown }
  if (sent === clientId || typeof sent !== 'string') return []
  const value = presentable(sent)
  return [
    {
      ...{ in: 'body', pointer: '/clientId', rule: 'same_as_path' },
      ...(value !== undefined && { value }),
      detail: 'The body names another client than the path.',
      fix: `Leave clientId out, or send ${clientId}.`,
    },
  ]
}

/** Every field that a create has, so that what is left out is brought to its default. */
const defaults = {
  ...{ name: null, description: null, callbackUnder: null, scopes: null, requirePkce: null },
  ...{ logout: null, refreshTokens: null, oidcPolicy: null, accessTokenManager: null },
} satisfies UpdateWebSessionClient

/** The merge patch that brings a client to what is asked for. @param body which may still be anything */
export const toPatch = (body: unknown): UpdateWebSessionClient => {
  const { clientId, retrieval, ...asked } = Object(body) as EnsureWebSessionClient
  return { ...defaults, ...asked }
}
