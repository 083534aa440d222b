import { Type } from 'typebox'
import { clientWithoutRetrieval } from '../web-session-clients/examples.ts'
import { liveAgreementExample } from './live-agreement-examples.ts'
import type { WebSessionRecipe } from './recipe-schema.ts'
import { toRecipe } from './to-recipe.ts'

/** What the API document says of the recipe. */
export const recipeDocument = {
  description:
    'The web session that PingAccess needs for a client, as the body of its `POST /webSessions`: put the secret in at `secretPointer`, and send it. Every value agrees with the client or is that of Ping’s own server profile, and says which. With it comes what else has to agree in PingAccess, and a checklist with every step in its order, the certificate and the token provider included. All of that is made from what this service has recorded. Where PingAccess is configured, `live` says whether the client in PingFederate and its web sessions in PingAccess agree as both have them now, each difference with what to do about it; both are only read, and one that does not answer is told there. Nothing is changed.',
  recipe: {
    description: 'What to set up in PingAccess; never with a secret.',
    content: {
      'application/json': {
        schema: Type.Unsafe<WebSessionRecipe>(Type.Ref('WebSessionRecipe')),
        example: toRecipe(clientWithoutRetrieval, 'outstanding', liveAgreementExample),
      },
    },
  },
}
