import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { createAccount } from './account.ts'
import { versionCall } from './cluster-calls.ts'
import type { PingFederateConfig } from './config.ts'
import { type FailureKind, PingFederateFailure } from './failure.ts'
import type { Identity } from './identity.ts'
import { createPingFederate, type PingFederate } from './ping-federate.ts'
import { createSlots, type SlotsState } from './slots.ts'
import type { Call, CallPingFederate } from './transport.ts'
import { type MadeCall, watchCalls } from './watch-calls.ts'

/** PingFederate behind its limits. A call that they refuse was not sent, so its failure is never ambiguous. */
export type ProtectedPingFederate = PingFederate & {
  /**
   * Runs a whole change in one slot of the bulkhead, after a bounded wait for it. The calls of the change do not queue
   * again, so that the look-up that settles its write never waits behind other callers' writes.
   * @throws PingFederateFailure `busy`, `unreachable`, `tls` or `credentials` before `work` has begun
   */
  inSlot: <T>(work: (pingFederate: PingFederate) => Promise<T>) => Promise<T>
  state: () => PingFederateState
  /** Stops probing a PingFederate that is down. */
  stop: () => void
}

/** Where calls stand at this moment. */
export type PingFederateState = {
  /** Whether calls are refused because PingFederate does not answer. */
  isOpen: boolean
  changes: SlotsState
  lookUps: SlotsState
}

type Options = {
  limits: Pick<PingFederateConfig, 'concurrency' | 'queue' | 'timeoutMs' | 'credentialsPauseMs'>
  identity: Pick<Identity, 'refresh'>
  now: () => number
  /** Called when calls begin to be refused because PingFederate does not answer, and when it answers again. */
  onChange: (isAnswering: boolean, failure?: unknown) => void
  /** Called when PingFederate begins to refuse the credentials, and when it accepts them again. */
  onCredentials: (isAccepted: boolean, failure?: unknown) => void
  /** Told of every call that was made, not of those that were refused here. */
  onCall: (call: MadeCall) => void
  /** Time between two probes of a PingFederate that does not answer, in milliseconds. */
  probeAfterMs?: number
}

/** A restart behind a load balancer causes fewer in a row; with more, callers would wait for a certain failure. */
const failuresUntilOpen = 5
/** A probe every two seconds is no load, and finds the end of an outage within two seconds. */
const defaultProbeAfterMs = 2_000
/** A quarter of the slots is for single calls (recovery, replication, readiness), up to as many as recovery can use. */
const maxLookUpSlots = 4

/** How long a call waits for a slot, in milliseconds; after that the caller is asked to come again. */
const toMaxWaitMs = (timeoutMs: number): number => Math.min(timeoutMs, 2_000)

const outageKinds: ReadonlySet<FailureKind> = new Set([
  'unreachable',
  'tls',
  'timeout',
  'broken',
  'server-error',
])

/** The bulkhead, the circuit breaker and the pauses PingFederate asks for, around the transport. */
export const protectPingFederate = (
  transport: { call: CallPingFederate },
  { limits, identity, now, onChange, onCredentials, onCall, probeAfterMs = defaultProbeAfterMs }: Options,
): ProtectedPingFederate => {
  const lookUpSlots = Math.min(maxLookUpSlots, Math.max(1, Math.floor(limits.concurrency / 4)))
  const waitMs = toMaxWaitMs(limits.timeoutMs)
  const changes = createSlots(limits.concurrency - lookUpSlots, limits.queue, waitMs)
  const lookUps = createSlots(lookUpSlots, limits.queue, waitMs)
  const send = watchCalls(transport.call, onCall)
  const { credentialsPauseMs: pauseMs } = limits
  const account = createAccount({ identity, now, pauseMs, onChange: onCredentials })
  const circuit = createCircuit(() => account.use(() => send(versionCall), true), { onChange, probeAfterMs })
  const pause = createPause(now)

  const refuse = async (isSparing: boolean): Promise<void> => {
    const refusal = pause.find() ?? circuit.findRefusal() ?? (await account.findRefusal(isSparing))
    if (refusal) throw refusal
  }
  const call = async <T>(request: Call<T>, isSparing: boolean): Promise<T> => {
    await refuse(isSparing)
    return circuit
      .run(() => account.use(() => send(request), isSparing))
      .catch(error => {
        pause.note(error)
        throw error
      })
  }
  const direct = createPingFederate({ call: request => call(request, false) })
  return {
    // Readiness and recovery ask by single calls, and go on asking whatever they are answered.
    ...createPingFederate({
      call: async request => {
        await refuse(true)
        return lookUps.take(() => call(request, true))
      },
    }),
    inSlot: async work => {
      await refuse(false)
      return changes.take(async () => {
        // Something may have come up while this one waited, and what it begins now would only have to be taken back.
        await refuse(false)
        return work(direct)
      })
    },
    state: () => ({
      isOpen: circuit.findRefusal() !== undefined,
      changes: changes.state(),
      lookUps: lookUps.state(),
    }),
    stop: circuit.stop,
  }
}

const isOutage = (error: unknown): boolean =>
  error instanceof PingFederateFailure && outageKinds.has(error.kind)

const toValue = <T>(value: T) => ({ value })

/** Any other failure is an answer of PingFederate, so to the breaker it is a success that ends a row of outages. */
const toFailureUnlessOutage = (failure: unknown): { failure: unknown } => {
  if (isOutage(failure)) throw failure
  return { failure }
}

/** Opens after failures in a row. Then one probe at a time decides, so that no caller's request is spent on it. */
const createCircuit = (
  look: () => Promise<unknown>,
  { onChange, probeAfterMs }: Required<Pick<Options, 'onChange' | 'probeAfterMs'>>,
) => {
  const breaker = circuitBreaker(handleWhen(isOutage), {
    breaker: new ConsecutiveBreaker(failuresUntilOpen),
    halfOpenAfter: 0,
  })
  let timer: NodeJS.Timeout | undefined
  let isReported = false
  let isStopped = false
  breaker.onBreak(reason => {
    if (!isReported) onChange(false, 'error' in reason ? reason.error : undefined)
    isReported = true
    // A probe that fails without being an outage closes the circuit as well, because PingFederate has answered.
    const probe = () => void breaker.execute(look).catch(() => undefined)
    if (!isStopped) timer = setTimeout(probe, probeAfterMs).unref()
  })
  breaker.onReset(() => {
    isReported = false
    onChange(true)
  })
  return {
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      const ended = await breaker.execute(() => work().then(toValue, toFailureUnlessOutage))
      if ('failure' in ended) throw ended.failure
      return ended.value
    },
    findRefusal: (): PingFederateFailure | undefined =>
      breaker.state === CircuitState.Closed ? undefined : toRefusal(breaker.lastFailure),
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** Keeps `tls`, which needs an operator. Any other cause becomes `unreachable`, because this time nothing was sent. */
const toRefusal = (last: object | undefined): PingFederateFailure => {
  const cause = last && 'error' in last ? last.error : undefined
  const isTls = cause instanceof PingFederateFailure && cause.kind === 'tls'
  return new PingFederateFailure(isTls ? 'tls' : 'unreachable', { cause })
}

/** How long PingFederate is left alone where it names no time, in milliseconds. */
const defaultPauseMs = 1_000

/** How long PingFederate is left alone because it said so (429). */
const createPause = (now: () => number) => {
  let last: { failure: PingFederateFailure; from: number; until: number } | undefined
  return {
    find: (): PingFederateFailure | undefined => {
      // Before `from` the clock was set back, and nobody knows how long the pause would last.
      if (!last || now() < last.from || now() >= last.until) return undefined
      const { kind, status } = last.failure
      return new PingFederateFailure(kind, {
        cause: last.failure,
        retryAfterSeconds: Math.ceil((last.until - now()) / 1_000),
        ...(status && { status }),
      })
    },
    note: (failure: unknown): void => {
      if (!(failure instanceof PingFederateFailure) || failure.kind !== 'busy') return
      const { retryAfterSeconds: seconds } = failure
      last = {
        failure,
        from: now(),
        until: now() + (seconds === undefined ? defaultPauseMs : seconds * 1_000),
      }
    },
  }
}
