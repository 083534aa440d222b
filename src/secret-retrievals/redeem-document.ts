import { Type } from 'typebox'

/** Of the right length and alphabet, and plainly not a secret. */
const exampleSecret = 'example-'.repeat(8)

/** What the API document says of redeeming a token. */
export const redeemDocument = {
  description:
    'Exchanges a retrieval token for the client secret. The token is `retrieval.token` of the answer that created the client (`POST /web-session-clients`) or gave it a new secret (`POST /web-session-clients/{clientId}/secret-rotations`), or of the first one again under the same `Idempotency-Key`. It works once: the secret is erased here before it is answered, and if that answer is lost the client needs a new one. While a new secret is being set the token is answered 409.',
  secret: {
    description: 'The secret. This service does not have it any more.',
    content: {
      'application/json': {
        schema: Type.Object(
          {
            clientId: Type.String({ description: 'The client it belongs to.', examples: ['pa_wam'] }),
            clientSecret: Type.String({
              description: 'The client secret (RFC 6749 section 2.3.1), 64 characters.',
              examples: [exampleSecret],
            }),
            team: Type.String({ description: 'The owning team.', examples: ['payments'] }),
            redeemedAt: Type.String({
              format: 'date-time',
              description: 'When it was redeemed: now.',
              examples: ['2026-11-23T17:01:12.000Z'],
            }),
          },
          { additionalProperties: false },
        ),
        example: {
          clientId: 'pa_wam',
          clientSecret: exampleSecret,
          team: 'payments',
          redeemedAt: '2026-11-23T17:01:12.000Z',
        },
      },
    },
  },
}
