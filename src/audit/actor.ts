import type { FastifyRequest } from 'fastify'
import { principalOf } from '../authentication/authenticate.ts'
import { type Principal, toOwnName } from '../principal.ts'

/** Who does it, in which request, from where. */
export type Actor = {
  principal: Principal
  requestId: string
  /** Network address of the caller; null where the service acts for itself, or could not learn it. */
  address: string | null
  /** Where it is the admin scope that lets the caller do it, whatever team the event is about. */
  asAdmin?: true
}

/** The caller of a protected route; behind a trusted proxy (`TRUST_PROXY`) its address is the one the proxy names. */
export const actorOf = (request: FastifyRequest): Actor => ({
  principal: principalOf(request),
  requestId: request.id,
  // Undefined, whatever Fastify's type says, if the connection was reset before its address was read.
  address: request.ip ?? null,
})

/** The service itself, for work that no caller waits for. */
export const actorOfService = (task: 'recovery' | 'publishing' | 'drift', requestId: string): Actor => ({
  principal: {
    subject: toOwnName(task),
    clientId: undefined,
    actingParties: [],
    teams: [],
    scopes: new Set(),
  },
  requestId,
  address: null,
})
