import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { ClientRow } from '../database/schema.ts'
import type { Journal } from '../journal/change.ts'
import { runChange } from '../journal/run.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { rulesOf } from '../policy/decide.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import { reachesAsAdmin } from '../principal.ts'
import { toUnchanged } from './client-row.ts'
import type { CreateRules } from './plan.ts'
import { findUpdatable, type UpdateAnswer, type UpdateRequest, updateChange } from './update-change.ts'
import type { UpdatePlan } from './update-plan.ts'
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

type Given = { row: ClientRow; actor: Actor; newId: () => string }

export const toUpdateRequest = (
  { client, clientLimit, refusal, decisions }: UpdatePlan,
  { row, actor, newId }: Given,
): UpdateRequest => ({
  actor: toMover(actor, client),
  ...{ client, clientLimit, refusal, version: row.version, operationId: newId() },
  ...{ clientId: row.client_id, team: row.team, retrievalId: null, idempotent: undefined },
  rule: rulesOf(clientLimit ? [...decisions, clientLimit] : decisions),
})

/** The event names the team that a client leaves, so it does not show by itself how the caller reached the one it moves to. */
const toMover = (actor: Actor, { team }: Pick<NewClient, 'team'>): Actor =>
  reachesAsAdmin(actor.principal, team) ? { ...actor, asAdmin: true } : actor

/**
 * Makes the changes of a plan. Nothing is written where the client is so already, and PingFederate has it so.
 * @throws Problem when they were not made, or when that is not known
 */
export const applyUpdate = async (
  { journal, pingFederate, store }: Pick<UpdateDependencies, 'journal' | 'pingFederate' | 'store'>,
  { plan, row }: { plan: Pick<UpdatePlan, 'changes'>; row: ClientRow },
  request: UpdateRequest,
): Promise<UpdateAnswer> => {
  if (plan.changes.length > 0) return runChange(inSlots({ journal, pingFederate }), updateChange, request)
  await findUpdatable({ pingFederate, store }, row.client_id, row)
  return toUnchanged(row)
}
