import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { ClientId } from '../client-id.ts'
import type { App } from '../http/route.ts'
import { refuseTooLate, revokeInTime } from '../secret-retrievals/revoke.ts'
import { getClient } from './get.ts'

const schema = {
  operationId: 'revokeRetrieval',
  tags: ['web session clients'],
  summary: 'Revoke the outstanding retrieval token',
  description:
    'Kills the latest retrieval token of the client and erases the sealed secret. 409 when it comes too late: the secret has been redeemed, or the token has expired by itself. Whoever reacts to a leak knows by that whether the client needs a new secret: `POST /web-session-clients/{clientId}/secret-rotations`.',
  params: Type.Object({ clientId: ClientId }),
  response: {
    204: {
      description: 'No token of this client works any more, and its secret was handed to nobody.',
      type: 'null',
    },
  },
}

/** `DELETE /web-session-clients/{clientId}/retrieval` */
export const revokeRetrieval = (app: App, { store }: { store: AuditedStore }): void => {
  app.route({
    method: 'DELETE',
    url: '/web-session-clients/:clientId/retrieval',
    config: {
      scope: 'web-session-clients:write',
      action: 'retrieval.revoke',
      problems: [
        'client_not_found',
        { code: 'retrieval_redeemed', status: 409 },
        { code: 'retrieval_expired', status: 409 },
      ],
    },
    schema,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const retrieval = await store.write(async (trx, record) => {
        const client = await getClient(trx, actor.principal, request.params.clientId)
        const outcome = await revokeInTime(trx, client.retrieval_id)
        if (outcome.isRevoked)
          await record(actor, {
            action: 'retrieval.revoke',
            outcome: 'done',
            team: client.team,
            client_id: client.client_id,
          })
        return outcome.retrieval
      })
      // After the commit, which stores that the token was seen expired.
      refuseTooLate(retrieval)
      return reply.code(204).send()
    },
  })
}
