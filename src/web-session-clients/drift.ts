import { Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import { ClientId } from '../client-id.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { driftDocument } from './drift-document.ts'
import type { Drift } from './drift-schema.ts'
import { type Looked, lookForOurs, toDriftState } from './find-ours.ts'
import { getClient } from './get.ts'

export type DriftDependencies = {
  store: Pick<Store, 'db'>
  pingFederate: Pick<PingFederate, 'findClient'>
}

const schema = {
  operationId: 'getDrift',
  tags: ['web session clients'],
  summary: 'Compare a client with PingFederate',
  description: driftDocument.description,
  params: Type.Object({ clientId: ClientId }),
  response: { 200: driftDocument.drift },
}

/** `GET /web-session-clients/{clientId}/drift` */
export const getDrift = (app: App, { store, pingFederate }: DriftDependencies): void => {
  app.route({
    method: 'GET',
    url: '/web-session-clients/:clientId/drift',
    config: {
      scope: 'web-session-clients:read',
      action: 'client.compare',
      problems: driftDocument.problems,
    },
    schema,
    handler: async (request, reply) => {
      const { client_id: clientId } = await getClient(store.db, principalOf(request), request.params.clientId)
      return reply.code(200).send(toDrift(await lookForOurs({ pingFederate, store }, clientId)))
    },
  })
}

const toDrift = (looked: Looked): Drift => {
  const state = toDriftState(looked)
  const differences = looked.kind === 'missing' ? [] : looked.differences
  return { drifted: state !== null, state, differences }
}
