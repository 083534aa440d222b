import type { Journal } from '../journal/change.ts'
import { rehearseChange } from '../journal/rehearse.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { readRetrieval } from '../secret-retrievals/find-retrieval.ts'
import { toRetrievalState } from '../secret-retrievals/retrieval-state.ts'
import type { Choices } from './defaults.ts'
import { findRotatable } from './find-rotatable.ts'
import { getClient } from './get.ts'
import { type RotateRequest, rotateChange } from './rotate-change.ts'
import { chooseOverlap } from './rotation-overlap.ts'
import { findLastEnd } from './rotation-rows.ts'
import type { RotationDryRun } from './rotation-schema.ts'
import type { Upstream } from './upstream.ts'

type Dependencies = { journal: Journal<Upstream>; pingFederate: Pick<PingFederate, 'findClient'> }

/**
 * What the rotation of this plan would do: the rest of its way, reading only.
 * @throws Problem as the rotation would
 */
export const dryRunRotation = async (
  { journal, pingFederate }: Dependencies,
  choices: Choices['retrieval'],
  request: RotateRequest,
): Promise<RotationDryRun> => {
  const { store } = journal
  await rehearseChange(journal, rotateChange, request)
  await findRotatable({ pingFederate, store }, request)
  const client = await getClient(store.db, request.actor.principal, request.clientId)
  const former = await readRetrieval(store.db, client.retrieval_id)
  const overlap = chooseOverlap(request.overlap, former)
  return {
    settings: [
      { pointer: '/overlapMinutes', ...overlap },
      ...Object.entries(choices).map(([name, { value, source, reason }]) => ({
        ...{ pointer: `/retrieval/${name}`, value, reason },
        // Ping's manual knows no retrieval.
        source: source === 'manual' ? ('configuration' as const) : source,
      })),
    ],
    retrievalExpiresAt: request.retrieval.expiresAt,
    revokesRetrieval: toRetrievalState(former).state === 'outstanding',
    previousSecretEndsAt: findLastEnd(former, overlap.value),
  }
}
