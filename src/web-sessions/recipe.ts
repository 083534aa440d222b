import { Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import { ClientId } from '../client-id.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import type { WebSessionDefaults } from '../pingaccess/web-session.ts'
import { readRetrieval } from '../secret-retrievals/find-retrieval.ts'
import { toRetrievalState } from '../secret-retrievals/retrieval-state.ts'
import { toNewClient, toWebSessionClient } from '../web-session-clients/client-row.ts'
import { getClient } from '../web-session-clients/get.ts'
import type { FindLive } from './find-live.ts'
import { recipeDocument } from './recipe-document.ts'
import { toRecipe } from './to-recipe.ts'

export type RecipeDependencies = {
  store: Pick<Store, 'db'>
  config: { webSessionDefaults: WebSessionDefaults }
  findLive: FindLive
}

const schema = {
  operationId: 'getWebSessionRecipe',
  tags: ['web sessions'],
  summary: 'What to set up in PingAccess for a client',
  description: recipeDocument.description,
  params: Type.Object({ clientId: ClientId }),
  response: { 200: recipeDocument.recipe },
}

/** `GET /web-session-clients/{clientId}/web-session` */
export const getWebSessionRecipe = (app: App, { store, config, findLive }: RecipeDependencies): void => {
  app.route({
    method: 'GET',
    url: '/web-session-clients/:clientId/web-session',
    config: { scope: 'web-session-clients:read', action: 'web-session.read', problems: ['client_not_found'] },
    schema,
    handler: async (request, reply) => {
      const row = await getClient(store.db, principalOf(request), request.params.clientId)
      const live = await findLive(toNewClient(row), request.log)
      const { state } = toRetrievalState(await readRetrieval(store.db, row.retrieval_id))
      return reply.code(200).send(toRecipe(toWebSessionClient(row), state, live, config.webSessionDefaults))
    },
  })
}
