import { Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { ClientId } from '../client-id.ts'
import type { ClientRow } from '../database/schema.ts'
import { Prefer } from '../http/prefer.ts'
import type { App } from '../http/route.ts'
import type { Journal } from '../journal/change.ts'
import { runChange } from '../journal/run.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import { acceptDrift } from './accept.ts'
import { toUnchanged } from './client-row.ts'
import type { Reconcile } from './drift-schema.ts'
import { findOurs, type Looked } from './find-ours.ts'
import { getClient } from './get.ts'
import { markDrift } from './mark-drift.ts'
import type { CreateRules } from './plan.ts'
import { reapplyChange } from './reapply-change.ts'
import { reconcileDocument } from './reconcile-document.ts'
import type { UpdateAnswer } from './update-change.ts'
import { inSlots, type Upstream } from './upstream.ts'

export type ReconcileDependencies = {
  journal: Journal<Upstream>
  store: AuditedStore
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inSlot'>
  policy: Pick<PolicyInForce, 'current'>
  config: CreateRules
  newId: () => string
}

const schema = {
  operationId: 'reconcileWebSessionClient',
  tags: ['web session clients'],
  summary: 'Settle what differs between this service and PingFederate',
  description: reconcileDocument.description,
  params: Type.Object({ clientId: ClientId }),
  headers: Type.Object({ Prefer: Type.Optional(Prefer) }),
  body: Type.Unsafe<Reconcile>(Type.Ref('Reconcile')),
  response: { 200: reconcileDocument.reconciled },
}

/** `POST /web-session-clients/{clientId}/reconciliations` */
export const reconcileWebSessionClient = (app: App, dependencies: ReconcileDependencies): void => {
  const { store, pingFederate } = dependencies
  app.route({
    method: 'POST',
    url: '/web-session-clients/:clientId/reconciliations',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.reapply',
      canWait: true,
      problems: reconcileDocument.problems,
    },
    schema,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { client_id: clientId } = await getClient(store.db, actor.principal, request.params.clientId)
      const looked = await findOurs({ pingFederate, store }, clientId)
      const { client, entityTag } = await settle(dependencies, request.body.direction, looked, actor)
      return reply
        .code(200)
        .header('etag', entityTag)
        .send({ ...client, reconciled: looked.differences })
    },
  })
}

/** Nothing is written to PingFederate where nothing differs. */
const settle = async (
  dependencies: ReconcileDependencies,
  direction: Reconcile['direction'],
  looked: Extract<Looked, { kind: 'ours' }>,
  actor: Actor,
): Promise<UpdateAnswer> => {
  const { row, differences } = looked
  if (differences.length === 0) return toUnchanged(await endDrift(dependencies, row, actor))
  const { config, newId, policy } = dependencies
  if (direction === 'accept')
    return toUnchanged(await acceptDrift(dependencies, looked, { config, policy: policy.current(), actor }))
  return runChange(inSlots(dependencies), reapplyChange, {
    ...{ operationId: newId(), clientId: row.client_id, team: row.team, actor },
    ...{ retrievalId: null, rule: null, refusal: undefined, idempotent: undefined },
  })
}

/** Somebody has put it right in PingFederate since it was found to have drifted. */
const endDrift = async (
  { store }: Pick<ReconcileDependencies, 'store'>,
  row: ClientRow,
  actor: Actor,
): Promise<ClientRow> => {
  if (row.drift !== null) await markDrift(store, actor, row, null)
  return { ...row, drift: null, drift_found_at: null }
}
