import type { Store } from '../database/store.ts'
import type { LeasedOperation, Outcome } from '../journal/change.ts'
import { holdForLateCall } from '../journal/lease.ts'
import { asProblem, Problem } from '../problem.ts'

type Tools = { store: Store; timeoutMs: number }

/** Holding the client and looking at it never take as many time-outs; it is held for many more. */
const maxLookTimeouts = 4

const leaseOver: Outcome = { kind: 'unknown', cause: new Error('The lease was over before the write.') }

/**
 * Holds a client for a PUT or DELETE and looks at it. It is looked at right before the write, and not before it is held:
 * PingFederate has no `If-Match`, so what an administrator saves between the two is lost, or comes too late.
 * Resolves to what was found, or to how the change has ended without its write.
 */
export const holdAndLook = async <Found>(
  { store, timeoutMs }: Tools,
  operation: LeasedOperation,
  look: () => Promise<Found>,
): Promise<{ found: Found } | Outcome> => {
  const from = store.now()
  if (!(await holdForLateCall(store, operation, timeoutMs))) return leaseOver
  const found = await look().catch(asProblem)
  if (found instanceof Problem) return { kind: 'failed', problem: found, isFinal: false }
  // After a pause of the process somebody else may have settled the operation.
  return store.now() - from > maxLookTimeouts * timeoutMs ? leaseOver : { found }
}
