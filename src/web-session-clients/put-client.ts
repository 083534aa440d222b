import type { OperationRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { Evidence, LeasedOperation, Outcome } from '../journal/change.ts'
import { holdForLateCall, lateCallMs } from '../journal/lease.ts'
import type { ClientSettings } from '../pingfederate/client-settings.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { asProblem, Problem } from '../problem.ts'
import { lookUp } from './carry-out.ts'
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

/** Holding the client and looking at it never take as many time-outs; it is held for many more. */
const maxLookTimeouts = 4

const leaseOver: Outcome = { kind: 'unknown', cause: new Error('The lease was over before the PUT.') }

/**
 * Changes a client that exists. It is read right before it is sent back, and not before it is held: PingFederate has no
 * `If-Match`, so what an administrator saves between the two is lost.
 */
export const putClient = async (
  { upstream, store, timeoutMs }: Tools,
  operation: LeasedOperation,
  { find, put, settings }: Put,
): Promise<Outcome> => {
  const from = store.now()
  if (!(await holdForLateCall(store, operation, timeoutMs))) return leaseOver
  const found = await find().catch(asProblem)
  if (found instanceof Problem) return { kind: 'failed', problem: found, isFinal: false }
  // After a pause of the process somebody else may have settled the operation.
  if (store.now() - from > maxLookTimeouts * timeoutMs) return leaseOver
  const saved = await put(found).catch(asFailure)
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
