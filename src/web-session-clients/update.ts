import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import type { App } from '../http/route.ts'
import { applyUpdate, toUpdateRequest, type UpdateDependencies } from './apply-update.ts'
import { getClient } from './get.ts'
import { asStale, requireMet } from './precondition.ts'
import { updateDocument } from './update-document.ts'
import { dryRunUpdate } from './update-dry-run.ts'
import { parseUpdate, planUpdate } from './update-plan.ts'
import type { UpdateWebSessionClient } from './update-schema.ts'

const schema = {
  operationId: 'updateWebSessionClient',
  tags: ['web session clients'],
  summary: 'Change a web session client',
  description: updateDocument.description,
  consumes: ['application/json', 'application/merge-patch+json'],
  params: updateDocument.params,
  headers: updateDocument.headers,
  querystring: updateDocument.querystring,
  body: Type.Unsafe<UpdateWebSessionClient>(Type.Ref('UpdateWebSessionClient')),
  response: { 200: updateDocument.updated },
}

/** `PATCH /web-session-clients/{clientId}` */
export const updateWebSessionClient = (app: App, dependencies: UpdateDependencies): void => {
  const { config, store, newId, policy } = dependencies
  app.route({
    method: 'PATCH',
    url: '/web-session-clients/:clientId',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.update',
      canWait: true,
      problems: updateDocument.problems,
    },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { principal } = actor
      const row = await getClient(store.db, principal, request.params.clientId)
      const { condition, ...wanted } = parseUpdate(request, request.body, { config, row })
      requireMet(condition, row)
      const plan = planUpdate(wanted, { config, policy: policy.current(), principal, row })
      const toUpdate = toUpdateRequest(plan, { row, actor, newId })
      if (request.query.dryRun)
        return reply
          .code(200)
          .send(
            await dryRunUpdate({ ...dependencies, log: request.log }, plan, toUpdate).catch(asStale(store)),
          )
      const updated = await applyUpdate(dependencies, { plan, row }, toUpdate).catch(asStale(store))
      return reply.code(200).header('etag', updated.entityTag).send(updated.client)
    },
  })
}
