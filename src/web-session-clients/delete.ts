import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import { ClientId } from '../client-id.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import type { Journal } from '../journal/change.ts'
import { runChange } from '../journal/run.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { deleteChange } from './delete-change.ts'
import { deleteDocument } from './delete-document.ts'
import { getClient } from './get.ts'
import { inSlots, type Upstream } from './upstream.ts'

export type DeleteDependencies = {
  config: { deletion: Readonly<{ graceMinutes: number }> }
  journal: Journal<Upstream>
  store: Pick<Store, 'db'>
  pingFederate: Pick<ProtectedPingFederate, 'inSlot'>
  newId: () => string
}

const schema = {
  operationId: 'deleteWebSessionClient',
  tags: ['web session clients'],
  summary: 'Delete a web session client that is switched off',
  description: deleteDocument.description,
  params: Type.Object({ clientId: ClientId }),
  response: { 204: deleteDocument.deleted },
}

/** `DELETE /web-session-clients/{clientId}` */
export const deleteWebSessionClient = (
  app: App,
  { config, journal, store, pingFederate, newId }: DeleteDependencies,
): void => {
  const running = inSlots({ journal, pingFederate })
  const { graceMinutes } = config.deletion
  app.route({
    method: 'DELETE',
    url: '/web-session-clients/:clientId',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.delete',
      problems: deleteDocument.problems,
    },
    schema,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { clientId } = request.params
      const { team } = await getClient(store.db, actor.principal, clientId)
      await runChange(running, deleteChange, {
        ...{ operationId: newId(), clientId, team, actor, graceMinutes },
        ...{ retrievalId: null, rule: null, refusal: undefined, idempotent: undefined },
      })
      return reply.code(204).send()
    },
  })
}
