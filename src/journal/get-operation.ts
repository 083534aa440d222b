import { principalOf } from '../authentication/authenticate.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import { mayReach } from '../principal.ts'
import { Problem } from '../problem.ts'
import { getOperationDocument } from './get-operation-document.ts'

const schema = {
  operationId: 'getOperation',
  tags: ['operations'],
  summary: 'Read where a change stands',
  description: getOperationDocument.description,
  params: getOperationDocument.params,
  response: { 200: getOperationDocument.operation },
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
      const row = await store.db
        .selectFrom('operation')
        .selectAll()
        .where('operation_id', '=', request.params.operationId)
        .executeTakeFirst()
      if (!row || !mayReach(principalOf(request), row.team))
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
