import { isWithoutCluster } from './cluster-calls.ts'
import { type FailureKind, PingFederateFailure } from './failure.ts'
import type { Call, CallPingFederate, Operation } from './transport.ts'

/** A call that was made, and how it ended. */
export type MadeCall = {
  operation: Operation
  outcome: 'ok' | 'not-permitted' | FailureKind
  seconds: number
}

/** Seconds of a clock that is never set. */
const seconds = (): number => performance.now() / 1_000

/** Tells of every call how it ended. */
export const watchCalls =
  (send: CallPingFederate, onCall: (call: MadeCall) => void): CallPingFederate =>
  async call => {
    const { operation } = call
    const beganAt = seconds()
    const end = (outcome: MadeCall['outcome']) => onCall({ operation, outcome, seconds: seconds() - beganAt })
    try {
      const answer = await send(call)
      end('ok')
      return answer
    } catch (error) {
      end(toOutcome(error, call))
      throw error
    }
  }

const toOutcome = (error: unknown, call: Call<unknown>): MadeCall['outcome'] => {
  if (isWithoutCluster(error, call)) return 'not-permitted'
  return error instanceof PingFederateFailure ? error.kind : 'unexpected'
}
