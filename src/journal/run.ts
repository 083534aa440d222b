import { isDatabaseUnavailable } from '../database/unavailable.ts'
import type { Problem } from '../problem.ts'
import { type Begun, beginChange } from './begin.ts'
import type { Change, ChangeRequest, Journal, LeasedOperation, Outcome, Saved } from './change.ts'
import { failChange, finishChange } from './finish.ts'
import { endLeaseSoon } from './lease.ts'
import { becameFree, inProgress, outcomeUnknown } from './problems.ts'
import { readOperation } from './read-operation.ts'
import { answerKnown, answerRepetition } from './replay.ts'
import { settleNow } from './settle-now.ts'

/** A journal whose changes have a slot of the bulkhead for all their calls. */
export type Running<Upstream> = Journal<Upstream> & {
  /** @throws before `work` has begun, when there is no slot */
  inSlot: <T>(work: (upstream: Upstream) => Promise<T>) => Promise<T>
}

/**
 * Runs a change: intended (durable), the one write, done or failed. A repetition under the same idempotency key changes
 * nothing and answers the same. What PingFederate cannot take is refused before anything is written.
 * @throws Problem when the change was not made, or when that is not known
 * @throws PingFederateFailure when there was no slot for it; nothing has begun then
 */
export const runChange = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Running<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
): Promise<Answer> => {
  if (request.refusal) {
    const answer = await answerRepetition(journal, change, request)
    if (answer) return answer
    throw request.refusal
  }
  let hasBegun = false
  try {
    return await journal.inSlot(upstream => {
      hasBegun = true
      return makeChange({ ...journal, upstream }, change, request)
    })
  } catch (error) {
    const answer = hasBegun ? undefined : await answerFromRecords(journal, change, request)
    if (answer) return answer
    throw error
  }
}

/** Neither a repetition nor a refusal by our own records needs PingFederate: both are answered while it is down, too. */
const answerFromRecords = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
): Promise<Answer | undefined> => (await answerHeld(journal, change, request)).answer

/** What stood in the way: its answer, where it is the same request, and its operation, where that has ended. */
type Earlier<Answer> = { answer?: Answer | undefined; holder?: string | undefined }

/**
 * The key is looked up after the holder: that may be a request under the same key which has begun, or even ended, since
 * the key was looked up before, and then this one is answered like it instead of being told that the client is taken.
 */
const answerHeld = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
): Promise<Earlier<Answer>> => {
  const released = await release(journal, change, request).then(
    holder => ({ holder }),
    (error: unknown) => ({ error }),
  )
  const answer = await answerRepetition(journal, change, request)
  if (answer) return { answer }
  if ('error' in released) throw released.error
  return released
}

/**
 * Resolves to the operation that held the client, once it has ended; undefined where nothing held it.
 * @throws Problem where the client is not the caller's, or its operation has not ended
 */
const release = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
): Promise<string | undefined> => {
  const { db } = journal.store
  const holder = await change.check(db, request)
  if (holder === undefined) return undefined
  const operation = await readOperation(db, holder)
  if (operation.state === 'intended') await settleNow(journal, operation, request.actor)
  await change.check(db, request)
  return holder
}

const makeChange = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
): Promise<Answer> => {
  const { store, upstream, timeoutMs } = journal
  const earlier = await begin(journal, change, request)
  if (earlier) return earlier
  const { operationId, clientId, team, actor } = request
  const operation = { operationId, clientId, team, fence: 1, actor }
  const outcome = await change.send({ store, upstream, timeoutMs }, request, operation)
  if (outcome.kind === 'done')
    return change.answer(request, await finish(journal, change, operation, outcome.saved))
  if (outcome.kind === 'unknown') throw await toUnknown(journal, change, operation, outcome)
  const { problem, isFinal } = outcome
  const failure = { code: problem.code, ...(isFinal && { refusal: problem }) }
  await failChange(store, change, operation, failure).catch(leaveToRecovery)
  throw problem
}

/** Begins, or resolves to what an earlier request under the same key made. */
const begin = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
): Promise<Answer | undefined> => {
  // A second time when what stood in the way turned out to be an operation that made nothing.
  for (let isLast = false; ; isLast = true) {
    const begun = await beginChange(journal.store, change, request, leaseMs(journal, change))
    if (begun.kind === 'begun') return undefined
    const { answer, holder } = await answerEarlier(journal, change, request, begun)
    if (answer) return answer
    if (isLast) throw holder === undefined ? becameFree() : inProgress(holder)
  }
}

const answerEarlier = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
  begun: Exclude<Begun, { kind: 'begun' }>,
): Promise<Earlier<Answer>> => {
  if (begun.kind === 'known')
    return {
      answer: await answerKnown(journal, change, request, begun.known),
      holder: begun.known.operation.operation_id,
    }
  return answerHeld(journal, change, request)
}

const leaseMs = (
  { timeoutMs }: Pick<Journal<unknown>, 'timeoutMs'>,
  { maxCalls }: Pick<Change<never, never, unknown>, 'maxCalls'>,
): number => maxCalls * timeoutMs

/** What is written here can be found out again from PingFederate, so a database that fails now changes no answer. */
const leaveToRecovery = (error: unknown): void => {
  if (!isDatabaseUnavailable(error)) throw error
}

/** Leaves the operation to whoever asks next, and to recovery, as soon as its write cannot arrive any more. */
const toUnknown = async (
  journal: Pick<Journal<unknown>, 'store' | 'timeoutMs'>,
  change: Pick<Change<never, never, unknown>, 'maxCalls'>,
  operation: LeasedOperation,
  { cause, heldMs }: Extract<Outcome, { kind: 'unknown' }>,
): Promise<Problem> => {
  const { store, timeoutMs } = journal
  if (heldMs !== undefined) return outcomeUnknown(operation.operationId, cause, heldMs)
  const waitMs = await endLeaseSoon(store, operation, timeoutMs).then(
    () => timeoutMs,
    error => {
      leaveToRecovery(error)
      return leaseMs(journal, change)
    },
  )
  return outcomeUnknown(operation.operationId, cause, waitMs)
}

const finish = async <Upstream>(
  journal: Journal<Upstream>,
  change: Pick<Change<Upstream, never, unknown>, 'kind' | 'maxCalls' | 'finish' | 'failureOf'>,
  operation: LeasedOperation,
  saved: Saved,
): Promise<string> => {
  const facts = await finishChange(journal.store, change, operation, saved).catch(error => {
    throw isDatabaseUnavailable(error)
      ? outcomeUnknown(operation.operationId, error, leaseMs(journal, change))
      : error
  })
  // Goes on after the answer: publishing takes as long as it takes, and `status` tells how it went.
  if (saved.replication === 'replicating') void journal.publish([operation.clientId])
  return facts
}
