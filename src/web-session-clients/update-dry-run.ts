import type { Journal } from '../journal/change.ts'
import { rehearseChange } from '../journal/rehearse.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { type ForeseeDependencies, foreseeSave } from './foresee-save.ts'
import { findUpdatable, type UpdateRequest, updateChange } from './update-change.ts'
import type { UpdatePlan } from './update-plan.ts'
import type { UpdateDryRun } from './update-schema.ts'
import type { Upstream } from './upstream.ts'

type Dependencies = ForeseeDependencies & {
  journal: Journal<Upstream>
  pingFederate: Pick<PingFederate, 'findClient'>
}

/**
 * What the update of this plan would do: the rest of its way, reading only.
 * @throws Problem as the update would
 */
export const dryRunUpdate = async (
  dependencies: Dependencies,
  { changes }: Pick<UpdatePlan, 'changes'>,
  request: UpdateRequest,
): Promise<UpdateDryRun> => {
  const { journal, pingFederate } = dependencies
  const { store } = journal
  await rehearseChange(journal, updateChange, request)
  await findUpdatable({ pingFederate, store }, request.clientId)
  const { warnings } = await foreseeSave(dependencies, request.client.settings)
  return { changes: [...changes], warnings }
}
