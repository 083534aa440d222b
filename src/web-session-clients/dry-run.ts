import type { Principal } from '../http/access-token.ts'
import { type ForeseeDependencies, foreseeCreate } from '../operations/foresee-create.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Choices } from './defaults.ts'
import type { CreateDryRun } from './dry-run-schema.ts'
import type { CreatePlan } from './plan.ts'

export type DryRunDependencies = {
  store: ForeseeDependencies['store']
  pingFederate: Pick<PingFederate, 'findClient' | 'planSave'>
}

/**
 * What the create of this plan would do: the rest of its way, reading only.
 * @throws Problem as the create would
 * @throws PingFederateFailure when PingFederate cannot be asked for what the answer depends on
 */
export const dryRunCreate = async (
  { store, pingFederate }: DryRunDependencies,
  { client, choices }: CreatePlan,
  principal: Principal,
): Promise<CreateDryRun> => {
  const foreseen = await foreseeCreate({ store, pingFederate }, client.clientId, principal)
  const change = await pingFederate.planSave(client, foreseen === 'create' ? 'POST' : 'PUT')
  return { changes: [change], settings: toSettings(choices) }
}

const toSettings = ({ identity, settings, retrieval }: Choices): CreateDryRun['settings'] => [
  ...toList('', identity),
  ...toList('', settings),
  ...toList('/retrieval', retrieval),
]

const toList = (parent: string, choices: Choices[keyof Choices]): CreateDryRun['settings'] =>
  Object.entries(choices).map(([name, choice]) => ({ pointer: `${parent}/${name}`, ...choice }))
