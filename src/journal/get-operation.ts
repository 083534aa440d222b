import { Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import type { Store } from '../database/store.ts'
import { type OperationKind, operationStates, routedKinds } from '../database/vocabulary.ts'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'
import type { App } from '../http/route.ts'
import { Problem } from '../problem.ts'

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

const schema = {
  operationId: 'getOperation',
  tags: ['operations'],
  summary: 'Read where a change stands',
  description:
    'One change of your teams to PingFederate. A create that was answered `outcome_unknown` ends here as `done` or `failed`, usually within a minute once PingFederate answers; `Retry-After` of that answer tells from when on.',
  params: Type.Object({
    operationId: Type.String({
      pattern: '^[0-9a-f-]{36}$',
      description: 'Id of the operation.',
      examples: ['01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'],
    }),
  }),
  response: {
    200: {
      description: 'The operation.',
      content: {
        'application/json': {
          schema: Type.Object(
            {
              operationId: Type.String({
                description: 'Its id; it also ends the description of the client in PingFederate.',
                examples: [example.operationId],
              }),
              kind: Type.Unsafe<OperationKind>(Type.Enum(routedKinds, { description: 'What is changed.' })),
              clientId: Type.String({ description: 'The client that is changed.', examples: ['pa_wam'] }),
              team: Type.String({ description: 'The owning team.', examples: ['payments'] }),
              state: Type.Enum(operationStates, {
                description:
                  '`intended`: begun, and not known to have ended. `done`: the client is there. `failed`: nothing was made.',
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
  },
}

/** `GET /operations/{operationId}` */
export const getOperation = (app: App, { store }: { store: Store }): void => {
  app.route({
    method: 'GET',
    url: '/operations/:operationId',
    config: {
      scope: 'web-session-clients:read',
      action: 'operation.read',
      problems: ['operation_not_found'],
    },
    schema,
    handler: async (request, reply) => {
      const { teams } = principalOf(request)
      const row = await store.db
        .selectFrom('operation')
        .selectAll()
        .where('operation_id', '=', request.params.operationId)
        .executeTakeFirst()
      if (!row || !teams.includes(row.team))
        throw new Problem('operation_not_found', 'None of your teams has an operation of this id.', {
          about: row && { team: row.team, clientId: row.client_id },
        })
      return reply.code(200).send({
        operationId: row.operation_id,
        kind: row.kind,
        clientId: row.client_id,
        team: row.team,
        state: row.state,
        failure: row.failure,
        createdAt: row.created_at,
        finishedAt: row.finished_at,
      })
    },
  })
}
