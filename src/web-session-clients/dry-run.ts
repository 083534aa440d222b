import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../log.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import { type PingFederate, plannedReplication } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { wouldRefuse } from '../pingfederate/to-problem.ts'
import type { Principal } from '../principal.ts'
import type { Choices } from './defaults.ts'
import type { CreateDryRun } from './dry-run-schema.ts'
import { type ForeseeDependencies, foreseeCreate } from './foresee-create.ts'
import type { CreatePlan } from './plan.ts'
import { notPublished, preflight } from './preflight.ts'

export type DryRunDependencies = {
  store: ForeseeDependencies['store']
  pingFederate: Pick<PingFederate, 'findClient' | 'planSave' | 'readPrerequisites'>
  replication: Pick<Replication, 'statusAfterSave'>
  config: { pingFederate: Pick<PingFederateConfig, 'replication'> }
  log: Pick<FastifyBaseLogger, 'warn'>
}

/**
 * What the create of this plan would do: the rest of its way, reading only. What a create does not need and
 * PingFederate cannot be asked for becomes a warning.
 * @throws Problem as the create would
 * @throws PingFederateFailure when PingFederate cannot be asked for what the create needs
 */
export const dryRunCreate = async (
  dependencies: DryRunDependencies,
  { client, choices, clientLimit, refusal }: CreatePlan,
  principal: Principal,
): Promise<CreateDryRun> => {
  const { pingFederate, replication, config, log } = dependencies
  if (refusal) throw refusal
  const { clientId } = client
  const foreseen = await foreseeCreate(dependencies, { clientId, principal, clientLimit })
  const [save, prerequisites, status] = await Promise.all([
    pingFederate.planSave(client, foreseen === 'create' ? 'POST' : 'PUT'),
    pingFederate.readPrerequisites(),
    replication.statusAfterSave(),
  ])
  for (const err of prerequisites.failures) log.warn({ err }, logTexts.prerequisitesUnread)
  const { violations, warnings } = preflight(client.settings, prerequisites)
  if (violations.length > 0) throw wouldRefuse(violations)
  const isPublishing = config.pingFederate.replication === 'trigger'
  const isPublishNeeded = status === 'replicating'
  return {
    changes: isPublishNeeded && isPublishing ? [save, plannedReplication] : [save],
    warnings: isPublishNeeded && !isPublishing ? [...warnings, notPublished] : warnings,
    settings: toSettings(choices),
  }
}

const toSettings = ({ identity, settings, retrieval }: Choices): CreateDryRun['settings'] => [
  ...toList('', identity),
  ...toList('', settings),
  ...toList('/retrieval', retrieval),
]

const toList = (parent: string, choices: Choices[keyof Choices]): CreateDryRun['settings'] =>
  Object.entries(choices).map(([name, choice]) => ({ pointer: `${parent}/${name}`, ...choice }))
