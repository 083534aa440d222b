import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import { ClientId } from '../client-id.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import type { Journal } from '../journal/change.ts'
import { runChange } from '../journal/run.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { getClient } from './get.ts'
import { revokePreviousChange } from './revoke-previous-change.ts'
import { revokePreviousDocument } from './revoke-previous-secrets-document.ts'
import { inSlots, type Upstream } from './upstream.ts'

export type RevokePreviousDependencies = {
  journal: Journal<Upstream>
  store: Pick<Store, 'db'>
  pingFederate: Pick<ProtectedPingFederate, 'inSlot'>
  newId: () => string
}

const schema = {
  operationId: 'revokePreviousSecrets',
  tags: ['web session clients'],
  summary: 'End the former secrets at once',
  description: revokePreviousDocument.description,
  params: Type.Object({ clientId: ClientId }),
  response: { 204: revokePreviousDocument.ended },
}

/** `DELETE /web-session-clients/{clientId}/previous-secrets` */
export const revokePreviousSecrets = (
  app: App,
  { journal, store, pingFederate, newId }: RevokePreviousDependencies,
): void => {
  const running = inSlots({ journal, pingFederate })
  app.route({
    method: 'DELETE',
    url: '/web-session-clients/:clientId/previous-secrets',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.revoke-previous',
      problems: revokePreviousDocument.problems,
    },
    schema,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { clientId } = request.params
      const { team } = await getClient(store.db, actor.principal, clientId)
      await runChange(running, revokePreviousChange, {
        ...{ operationId: newId(), clientId, team, actor },
        ...{ retrievalId: null, rule: null, refusal: undefined, idempotent: undefined },
      })
      return reply.code(204).send()
    },
  })
}
