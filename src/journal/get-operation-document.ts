import { Type } from 'typebox'
import { type OperationKind, operationKinds, operationStates } from '../database/vocabulary.ts'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'

const example = {
  operationId: '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10',
  kind: 'create',
  clientId: 'pa_wam',
  team: 'payments',
  state: 'done',
  failure: null,
  createdAt: '2026-11-23T17:00:00.000Z',
  finishedAt: '2026-11-23T17:00:01.000Z',
}

/** What the API document says of reading an operation. */
export const getOperationDocument = {
  description:
    'One change of your teams to PingFederate. A change that was answered `outcome_unknown` ends here as `done` or `failed`, usually within a minute once PingFederate answers; `Retry-After` of that answer tells from when on.',
  params: Type.Object({
    operationId: Type.String({
      pattern: '^[0-9a-f-]{36}$',
      description: 'Id of the operation.',
      examples: ['01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'],
    }),
  }),
  operation: {
    description: 'The operation.',
    content: {
      'application/json': {
        schema: Type.Object(
          {
            operationId: Type.String({
              description: 'Its id; it also ends the description of the client in PingFederate.',
              examples: [example.operationId],
            }),
            kind: Type.Unsafe<OperationKind>(Type.Enum(operationKinds, { description: 'What is changed.' })),
            clientId: Type.String({ description: 'The client that is changed.', examples: ['pa_wam'] }),
            team: Type.String({ description: 'The owning team.', examples: ['payments'] }),
            state: Type.Enum(operationStates, {
              description:
                '`intended`: begun, and not known to have ended. `done`: PingFederate has the change. `failed`: nothing was changed, unless `failure` is `delivery_failed`: then PingFederate has a new secret that PingAccess has not got, or may lack.',
            }),
            failure: Nullable(Type.String(), 'Code of the problem it failed with.'),
            createdAt: Instant('When it was begun.'),
            finishedAt: Nullable(Instant('When it ended.'), 'When it ended; null before.'),
          },
          { additionalProperties: false },
        ),
        example,
      },
    },
  },
}
