import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '../database/store.ts'
import { isDatabaseUnavailable } from '../database/unavailable.ts'
import type { LeasedOperation, Outcome, Saved } from '../journal/change.ts'
import { holdForLateCall, lateCallMs } from '../journal/lease.ts'
import { PingAccessFailure } from '../pingaccess/failure.ts'
import { toPingAccessProblem } from '../pingaccess/to-problem.ts'
import { asProblem } from '../problem.ts'
import type { Secret } from '../secret.ts'
import { type InPingAccess, keepInPingAccess, type readIntended } from './deliver-rows.ts'
import { notOnEveryEngine, toDeliveryFailure } from './delivery-problems.ts'
import type { PlannedWebSession } from './find-places.ts'
import type { DeliveryUpstream, Upstream } from './upstream.ts'

type Tools = { upstream: Upstream; store: Store; timeoutMs: number }

type Delivery = {
  facts: ReturnType<typeof readIntended>
  saved: Saved
  /** Whether people may be logging in with the former secret. */
  isInUse: boolean
  /** Looks where it goes, again, because waiting for engines takes its time. @throws Problem */
  find: () => Promise<PlannedWebSession[]>
  request: { secret: Secret; pointer: string }
}

/**
 * The second half of a delivery, after PingFederate has the secret: once its engines have it, PingAccess gets it. What
 * becomes of it is kept in the operation, whose end follows from that.
 */
export const putSecret = async (
  tools: Tools,
  operation: LeasedOperation,
  delivery: Delivery,
): Promise<Outcome> => {
  const { pingAccess } = tools.upstream
  if (!pingAccess) throw new Error('There is no PingAccess.')
  const { isInUse } = delivery
  try {
    const saved = isInUse ? await waitForEngines(tools, operation.clientId, delivery.saved) : delivery.saved
    const write: Write = { ...delivery, store: tools.store, operation, pingAccess, saved }
    if (isInUse && saved.replication !== 'ready') return await end(write, { failure: notOnEveryEngine })
    return await writeSecret(write)
  } catch (error) {
    // PingFederate has the secret by now, so that nobody may be told that nothing was done.
    if (isDatabaseUnavailable(error)) return toUnknown(pingAccess, error)
    throw error
  }
}

const toUnknown = ({ timeoutMs }: DeliveryUpstream, cause: unknown): Outcome => ({
  ...{ kind: 'unknown', cause },
  heldMs: lateCallMs(timeoutMs),
})

const leaseOver: Outcome = {
  kind: 'unknown',
  cause: new Error('The lease was over before PingAccess was written to.'),
}

type Write = Delivery & { store: Store; operation: LeasedOperation; pingAccess: DeliveryUpstream }

const end = async (
  { store, operation, facts, saved }: Write,
  inPingAccess: InPingAccess,
): Promise<Outcome> => {
  await keepInPingAccess(store, operation.operationId, facts, inPingAccess)
  return { kind: 'done', saved }
}

/** It is looked at right before it is written, because PingAccess has no `If-Match`: what an administrator saves in between is lost. */
const writeSecret = async (write: Write): Promise<Outcome> => {
  const { find, pingAccess, request } = write
  const written: Written[] = []
  try {
    const places = await find()
    for (const place of places) {
      // Right before each write: what hangs may arrive late, and must not meet the secret of another delivery.
      if (!(await holdForLateCall(write.store, write.operation, pingAccess.timeoutMs))) return leaseOver
      written.push(await writeOne(pingAccess, place, request))
    }
    const isNew = places.some(({ id }) => id === null)
    return await end(write, { delivered: { isNew, webSessions: written } })
  } catch (error) {
    if (!(error instanceof PingAccessFailure))
      return end(write, { failure: toDeliveryFailure(asProblem(error)) })
    if (error.isAmbiguous) return toUnknown(pingAccess, error)
    const problem = toPingAccessProblem(error, toPointer(request.pointer))
    return end(write, { failure: { ...toDeliveryFailure(problem), mayHave: written.length > 0 } })
  }
}

type Written = { id: number; name: string; audience: string }

/** Web sessions are written one after the other: the first that is refused ends it, and the former secret works in all the others. */
const writeOne = async (
  pingAccess: DeliveryUpstream,
  { id, body }: PlannedWebSession,
  { secret }: { secret: Secret },
): Promise<Written> => {
  const saved =
    id === null
      ? await pingAccess.createWebSession(body, secret)
      : await pingAccess.replaceWebSession(id, body, secret)
  return { id: saved.id, name: saved.name, audience: saved.audience }
}

const intervalMs = 250
/** Time-outs that engines have to take it; no longer than connections may be idle. */
const maxWaitTimeouts = 6
const maxWaitMs = 30_000

/** Has the engines told, where this service is to do that, and waits until all of them have it, or for too long. */
const waitForEngines = async (
  { upstream: { replication, isPublishing }, store, timeoutMs }: Tools,
  clientId: string,
  saved: Saved,
): Promise<Saved> => {
  if (saved.replication === 'ready') return saved
  const until = store.now() + Math.min(maxWaitMs, maxWaitTimeouts * timeoutMs)
  if (isPublishing) await replication.publish()
  for (;;) {
    const status = await replication.findStatusOf(clientId, saved.savedAt)
    if (status === 'ready') return { ...saved, replication: status }
    if (store.now() >= until) return saved
    await pause(intervalMs)
  }
}

/** Where the caller's body has a field of the web session. */
const toPointer =
  (pointer: string) =>
  (field: string): string | undefined =>
    field === 'name' || field === 'audience' ? `${pointer}/${field}` : undefined
