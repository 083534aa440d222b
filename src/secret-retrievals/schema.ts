import { type Static, Type } from 'typebox'
import { tokenPattern } from './token.ts'

export const RetrievalToken = Type.Object(
  {
    token: Type.String({
      pattern: tokenPattern,
      maxLength: 63,
      description: 'The retrieval token, as it was answered when the client was created.',
      examples: ['wscrt_AZN7TmxkqJ0Jq0v9mUqk4mUoLz8hYw2c3TtQfE1rS5xVbN6dGa7R8i9p0KjW'],
      'x-fix': 'Send the whole token: wscrt_ and 57 letters, digits, hyphens and underscores.',
      'x-secret': true,
    }),
  },
  {
    $id: 'RetrievalToken',
    additionalProperties: false,
    description: 'A retrieval token, in the body so that no log or history keeps it.',
  },
)
export type RetrievalToken = Static<typeof RetrievalToken>
