import { rehearseChange } from '../journal/rehearse.ts'
import { readRetrieval } from '../secret-retrievals/find-retrieval.ts'
import { toNewClient } from './client-row.ts'
import { type DeliverRequest, deliverChange } from './deliver-change.ts'
import type { DeliverDependencies } from './deliver-request.ts'
import { isUnsettled } from './deliver-rows.ts'
import type { DeliveryDryRun } from './deliver-schema.ts'
import { findPlaces, toPlannedAnswer } from './find-places.ts'
import { findRotatable } from './find-rotatable.ts'
import { getClient } from './get.ts'
import { chooseOverlap } from './rotation-overlap.ts'
import { findLastEnd } from './rotation-rows.ts'

/**
 * What a delivery would do: the rest of its way, reading only.
 * @throws Problem as the delivery would
 */
export const dryRunDelivery = async (
  { journal, pingFederate }: Pick<DeliverDependencies, 'journal' | 'pingFederate'>,
  request: DeliverRequest,
): Promise<DeliveryDryRun> => {
  const { store, upstream } = journal
  const { clientId, actor } = request
  await rehearseChange(journal, deliverChange, request)
  const row = await getClient(store.db, actor.principal, clientId)
  const places = await findPlaces(upstream, { ...request, client: toNewClient(row) })
  const former = await readRetrieval(store.db, row.retrieval_id)
  const force = request.force || isUnsettled(row, former)
  await findRotatable({ pingFederate, store }, { clientId, force })
  const overlap = chooseOverlap(request.overlap, former)
  return {
    settings: [{ pointer: '/overlapMinutes', ...overlap }],
    previousSecretEndsAt: findLastEnd(former, overlap.value),
    webSessions: places.map(toPlannedAnswer),
  }
}
