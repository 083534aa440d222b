import type { Journal } from '../journal/change.ts'
import { isGivenUp } from '../journal/read-operation.ts'
import { rehearseChange } from '../journal/rehearse.ts'
import type { AskedWebSession } from '../pingaccess/merge-web-session.ts'
import { findMaker } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { plannedReplication } from '../pingfederate/planned-call.ts'
import { type CreateRequest, createChange } from './create-change.ts'
import type { Choices } from './defaults.ts'
import type { CreateDryRun } from './dry-run-schema.ts'
import { findPlaces, toPlannedAnswer } from './find-places.ts'
import { type ForeseeDependencies, foreseeSave } from './foresee-save.ts'
import type { CreatePlan } from './plan.ts'
import { existsAlready } from './taken.ts'
import type { Upstream } from './upstream.ts'

export type DryRunDependencies = ForeseeDependencies & {
  journal: Journal<Upstream>
  pingFederate: Pick<PingFederate, 'planSave'>
}

/**
 * What the create of this plan would do: the rest of its way, reading only. What a create does not need and
 * PingFederate cannot be asked for becomes a warning.
 * @throws Problem as the create would
 * @throws PingFederateFailure when PingFederate cannot be asked for what the create needs
 */
export const dryRunCreate = async (
  dependencies: DryRunDependencies,
  choices: CreatePlan['choices'],
  request: CreateRequest,
  webSession?: AskedWebSession,
): Promise<CreateDryRun> => {
  const { journal, pingFederate } = dependencies
  const { client } = request
  await rehearseChange(journal, createChange, request)
  const places =
    webSession && (await findPlaces(journal.upstream, { client, asked: webSession, pointer: '/webSession' }))
  const method = await findMethod(journal, request)
  const [save, { warnings, isPublished }] = await Promise.all([
    pingFederate.planSave(client, method),
    foreseeSave(dependencies, client.settings),
  ])
  return {
    changes: isPublished ? [save, plannedReplication] : [save],
    warnings,
    settings: toSettings(choices),
    webSessions: places?.map(toPlannedAnswer) ?? null,
  }
}

/**
 * A POST; a PUT in the place of what an operation of this service has left behind.
 * @throws Problem `client_exists_in_pingfederate`
 */
const findMethod = async (
  { upstream, store }: Journal<Upstream>,
  { clientId }: CreateRequest,
): Promise<'POST' | 'PUT'> => {
  const found = await upstream.pingFederate.findClient(clientId)
  if (!found) return 'POST'
  const maker = findMaker(found)
  if (await isGivenUp(store.db, maker, clientId)) return 'PUT'
  throw existsAlready(maker)
}

const toSettings = ({ identity, settings, retrieval }: Choices): CreateDryRun['settings'] => [
  ...toList('', identity),
  ...toList('', settings),
  ...toList('/retrieval', retrieval),
]

const toList = (parent: string, choices: Choices[keyof Choices]): CreateDryRun['settings'] =>
  Object.entries(choices).map(([name, choice]) => ({ pointer: `${parent}/${name}`, ...choice }))
