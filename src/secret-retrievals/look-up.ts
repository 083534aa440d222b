import { Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import { expireRetrieval } from './expire.ts'
import { getRetrieval } from './find-retrieval.ts'
import { lookUpDocument } from './look-up-document.ts'
import { toRetrievalState } from './retrieval-state.ts'
import type { RetrievalToken } from './schema.ts'

const schema = {
  operationId: 'lookUpRetrieval',
  tags: ['secret retrievals'],
  summary: 'Look at a retrieval token without using it',
  description: lookUpDocument.description,
  body: Type.Unsafe<RetrievalToken>(Type.Ref('RetrievalToken')),
  response: { 200: lookUpDocument.retrieval },
}

/** `POST /secret-retrievals/lookup` */
export const lookUpRetrieval = (app: App, { store }: { store: Store }): void => {
  app.route({
    method: 'POST',
    url: '/secret-retrievals/lookup',
    config: { scope: 'secrets:redeem', action: 'retrieval.look-up', problems: ['retrieval_not_found'] },
    schema,
    handler: async (request, reply) => {
      const row = await getRetrieval(store.db, request.body.token, principalOf(request))
      const retrieval = toRetrievalState(row)
      if (retrieval.state === 'expired' && row.state === 'outstanding')
        await store.write(trx => expireRetrieval(trx, row))
      return reply.code(200).send({
        clientId: row.client_id,
        team: row.team,
        createdAt: row.created_at,
        createdBy: row.created_by,
        ...retrieval,
      })
    },
  })
}
