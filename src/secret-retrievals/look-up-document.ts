import { Type } from 'typebox'
import { redeemers, retrievalStates } from '../database/vocabulary.ts'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'

/** What the API document says of looking a token up. */
export const lookUpDocument = {
  description:
    'Tells for which client a token is and whether it still works. The token is `retrieval.token` of the answer that created the client (`POST /web-session-clients`) or gave it a new secret. Nothing is consumed.',
  retrieval: {
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
}
