import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../log.ts'
import type { ClientSettings } from '../pingfederate/client-settings.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { wouldRefuse } from '../pingfederate/to-problem.ts'
import type { DryRunWarning } from './dry-run-schema.ts'
import { notPublished, preflight } from './preflight.ts'

export type ForeseeDependencies = {
  pingFederate: Pick<PingFederate, 'readPrerequisites'>
  replication: Pick<Replication, 'statusAfterSave'>
  config: { pingFederate: Pick<PingFederateConfig, 'replication'> }
  log: Pick<FastifyBaseLogger, 'warn'>
}

/**
 * What would come of saving a client with these settings, as far as reading shows it. What PingFederate cannot be asked
 * for becomes a warning.
 * @throws Problem where PingFederate would refuse it
 */
export const foreseeSave = async (
  { pingFederate, replication, config, log }: ForeseeDependencies,
  settings: ClientSettings,
): Promise<{ warnings: DryRunWarning[]; isPublished: boolean }> => {
  const [prerequisites, status] = await Promise.all([
    pingFederate.readPrerequisites(),
    replication.statusAfterSave(),
  ])
  for (const { error: err } of prerequisites.failures) log.warn({ err }, logTexts.prerequisitesUnread)
  const { violations, warnings } = preflight(settings, prerequisites)
  if (violations.length > 0) throw wouldRefuse(violations)
  const isPublishNeeded = status === 'replicating'
  const isPublished = isPublishNeeded && config.pingFederate.replication === 'trigger'
  return { warnings: isPublishNeeded && !isPublished ? [...warnings, notPublished] : warnings, isPublished }
}
