import { type Static, Type } from 'typebox'
import { exampleToken, tokenPattern } from './token.ts'

export const RetrievalToken = Type.Object(
  {
    token: Type.String({
      pattern: tokenPattern,
      maxLength: 63,
      description:
        'The retrieval token, as it was answered when the client was created or given a new secret.',
      examples: [exampleToken],
      'x-fix': 'Send the whole token: wscrt_ and 57 letters, digits, hyphens and underscores.',
      'x-secret': true,
    }),
  },
  {
    $id: 'RetrievalToken',
    additionalProperties: false,
    description: 'A retrieval token, in the body so that no log or history keeps it.',
    'x-request-examples': { token: { summary: 'A token that nobody has', value: { token: exampleToken } } },
  },
)
export type RetrievalToken = Static<typeof RetrievalToken>
