import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { ClientRow } from '../database/schema.ts'
import type { App } from '../http/route.ts'
import type { Journal } from '../journal/change.ts'
import { runChange } from '../journal/run.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { rulesOf } from '../policy/decide.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import { toUnchanged } from './client-row.ts'
import { getClient } from './get.ts'
import type { CreateRules } from './plan.ts'
import { asStale, requireMet } from './precondition.ts'
import { findUpdatable, type UpdateAnswer, updateChange } from './update-change.ts'
import { updateDocument } from './update-document.ts'
import { dryRunUpdate } from './update-dry-run.ts'
import { parseUpdate, planUpdate } from './update-plan.ts'
import type { UpdateWebSessionClient } from './update-schema.ts'
import { inSlots, type Upstream } from './upstream.ts'

export type UpdateDependencies = {
  journal: Journal<Upstream>
  store: AuditedStore
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inSlot' | 'readPrerequisites'>
  replication: Replication
  policy: Pick<PolicyInForce, 'current'>
  config: CreateRules & { pingFederate: Pick<PingFederateConfig, 'replication'> }
  newId: () => string
}

const schema = {
  operationId: 'updateWebSessionClient',
  tags: ['web session clients'],
  summary: 'Change a web session client',
  description: updateDocument.description,
  params: updateDocument.params,
  headers: updateDocument.headers,
  querystring: updateDocument.querystring,
  body: Type.Unsafe<UpdateWebSessionClient>(Type.Ref('UpdateWebSessionClient')),
  response: { 200: updateDocument.updated },
}

/** `PATCH /web-session-clients/{clientId}` */
export const updateWebSessionClient = (app: App, dependencies: UpdateDependencies): void => {
  const { config, store, newId, policy } = dependencies
  const journal = inSlots(dependencies)
  app.route({
    method: 'PATCH',
    url: '/web-session-clients/:clientId',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.update',
      problems: updateDocument.problems,
    },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { principal } = actor
      const row = await getClient(store.db, principal, request.params.clientId)
      const { condition, ...wanted } = parseUpdate(request, config, row)
      requireMet(condition, row)
      const plan = planUpdate(wanted, { config, policy: policy.current(), principal, row })
      const { client, clientLimit, refusal, decisions } = plan
      const toUpdate = {
        ...{ actor, client, clientLimit, refusal, version: row.version, operationId: newId() },
        ...{ clientId: client.clientId, team: row.team, retrievalId: null, idempotent: undefined },
        rule: rulesOf(clientLimit ? [...decisions, clientLimit] : decisions),
      }
      if (request.query.dryRun)
        return reply
          .code(200)
          .send(
            await dryRunUpdate({ ...dependencies, log: request.log }, plan, toUpdate).catch(asStale(store)),
          )
      const updated = await (plan.changes.length === 0
        ? findUnchanged(dependencies, row)
        : runChange(journal, updateChange, toUpdate).catch(asStale(store)))
      return reply.code(200).header('etag', updated.entityTag).send(updated.client)
    },
  })
}

/** Nothing is written where the client is so already, and PingFederate has it so. */
const findUnchanged = async (
  { pingFederate, store }: Pick<UpdateDependencies, 'pingFederate' | 'store'>,
  row: ClientRow,
): Promise<UpdateAnswer> => {
  await findUpdatable({ pingFederate, store }, row.client_id)
  return toUnchanged(row)
}
