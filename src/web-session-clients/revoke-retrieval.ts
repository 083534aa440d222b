import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { ClientId } from '../client-id.ts'
import type { App } from '../http/route.ts'
import { revokeOutstanding } from '../secret-retrievals/revoke.ts'
import { getClient } from './get.ts'

const schema = {
  operationId: 'revokeRetrieval',
  tags: ['web session clients'],
  summary: 'Revoke the outstanding retrieval token',
  description:
    'Kills the latest retrieval token of the client and erases the sealed secret. Afterwards, and where nothing was outstanding, no token works.',
  params: Type.Object({ clientId: ClientId }),
  response: {
    204: { description: 'No token of this client works any more.', type: 'null' },
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
      problems: ['client_not_found'],
    },
    schema,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      await store.write(async (trx, record) => {
        const client = await getClient(trx, actor.principal, request.params.clientId)
        if (!(await revokeOutstanding(trx, client.retrieval_id))) return
        await record(actor, {
          action: 'retrieval.revoke',
          outcome: 'done',
          team: client.team,
          client_id: client.client_id,
        })
      })
      return reply.code(204).send()
    },
  })
}
