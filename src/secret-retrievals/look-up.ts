import { Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import type { Store } from '../database/store.ts'
import { redeemers, retrievalStates } from '../database/vocabulary.ts'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'
import type { App } from '../http/route.ts'
import { expireRetrieval } from './expire.ts'
import { getRetrieval } from './find-retrieval.ts'
import { toRetrievalState } from './retrieval-state.ts'
import type { RetrievalToken } from './schema.ts'

const schema = {
  operationId: 'lookUpRetrieval',
  tags: ['secret retrievals'],
  summary: 'Look at a retrieval token without using it',
  description: 'Tells for which client a token is and whether it still works. Nothing is consumed.',
  body: Type.Unsafe<RetrievalToken>(Type.Ref('RetrievalToken')),
  response: {
    200: {
      description: 'What the token stands for.',
      content: {
        'application/json': {
          schema: Type.Object(
            {
              clientId: Type.String({ description: 'The client whose secret it is.', examples: ['pa_wam'] }),
              team: Type.String({ description: 'The owning team.', examples: ['payments'] }),
              state: Type.Enum(retrievalStates, {
                description: 'Only an outstanding token can be redeemed.',
              }),
              redeemableBy: Type.Enum(redeemers, { description: 'Who may redeem it.' }),
              createdAt: Instant('When it was issued.'),
              createdBy: Type.String({
                description: 'Subject of the caller it was issued to.',
                examples: ['payments-pipeline'],
              }),
              expiresAt: Instant('When it expires.'),
              redeemedAt: Nullable(Instant(''), 'When it was redeemed.'),
              redeemedBy: Nullable(Type.String(), 'Subject of the caller that redeemed it.'),
            },
            { additionalProperties: false },
          ),
          example: {
            clientId: 'pa_wam',
            team: 'payments',
            state: 'outstanding',
            redeemableBy: 'team',
            createdAt: '2026-11-23T17:00:00.000Z',
            createdBy: 'payments-pipeline',
            expiresAt: '2026-11-23T17:15:00.000Z',
            redeemedAt: null,
            redeemedBy: null,
          },
        },
      },
    },
  },
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
