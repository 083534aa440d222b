import type { OperationRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { Evidence, LeasedOperation, Outcome } from '../journal/change.ts'
import { lateCallMs } from '../journal/lease.ts'
import type { ClientSettings } from '../pingfederate/client-settings.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { lookUp } from './carry-out.ts'
import { holdAndLook } from './hold-and-look.ts'
import { toSaved, type Upstream } from './upstream.ts'

type Tools = { upstream: Upstream; store: Store; timeoutMs: number }

type Put = {
  /** The client as PingFederate has it. @throws Problem where it must not be changed */
  find: () => Promise<ClientInPingFederate>
  /** Sends it back, changed, with the marker of the operation. */
  put: (found: ClientInPingFederate) => Promise<ClientInPingFederate>
  /** Those that are sent, so that a refusal points at them. */
  settings?: ClientSettings
}

/** Changes a client that exists. */
export const putClient = async (
  { upstream, store, timeoutMs }: Tools,
  operation: LeasedOperation,
  { find, put, settings }: Put,
): Promise<Outcome> => {
  const looked = await holdAndLook({ store, timeoutMs }, operation, find)
  if (!('found' in looked)) return looked
  const saved = await put(looked.found).catch(asFailure)
  if (!(saved instanceof PingFederateFailure)) return { kind: 'done', saved: await toSaved(upstream, saved) }
  if (!saved.isAmbiguous) return toFailed(saved, settings)
  const { clientId, operationId } = operation
  const left = await lookUp(upstream.pingFederate, clientId, operationId).catch(asFailure)
  if (!(left instanceof PingFederateFailure) && left?.kind === 'created')
    return { kind: 'done', saved: await toSaved(upstream, left.client) }
  // Another marker is no failure: the PUT may be on its way.
  return { kind: 'unknown', cause: saved, heldMs: lateCallMs(timeoutMs) }
}

/** Whether the client bears the marker of the operation. */
export const lookForMarker = async (
  upstream: Upstream,
  { client_id: clientId, operation_id: operationId }: OperationRow,
): Promise<Evidence> => {
  const found = await lookUp(upstream.pingFederate, clientId, operationId)
  return found?.kind === 'created'
    ? { kind: 'done', saved: await toSaved(upstream, found.client) }
    : { kind: 'not-done', code: 'outcome_unknown' }
}

const toFailed = (failure: PingFederateFailure, settings: ClientSettings | undefined): Outcome => ({
  kind: 'failed',
  problem: toProblem(failure, settings),
  isFinal: failure.kind === 'invalid' && failure.speaker === 'itself',
})
