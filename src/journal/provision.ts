import type { KeyObject } from 'node:crypto'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { Config } from '../config.ts'
import { isDatabaseUnavailable } from '../database/unavailable.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import type { ClientLimit } from '../policy/client-limit.ts'
import type { Problem } from '../problem.ts'
import type { IssuedRetrieval } from '../secret-retrievals/issue.ts'
import { toWebSessionClient } from '../web-session-clients/client-row.ts'
import type { NewClient } from '../web-session-clients/defaults.ts'
import { publishClients } from '../web-session-clients/publish.ts'
import type { WebSessionClient } from '../web-session-clients/schema.ts'
import { type Begun, beginCreate, type IntendedCreate } from './begin.ts'
import { carryOutCreate } from './carry-out.ts'
import { failCreate, finishCreate, type LeasedOperation } from './finish.ts'
import { findHolder, refuseOrRelease } from './held-client-id.ts'
import { findKnownRequest, type IdempotentRequest, mayBeginAgain } from './idempotency.ts'
import { endLeaseSoon, holdForTakeOver, takeOverMs } from './lease.ts'
import { existsAlready, inProgress, lookAgainMs, outcomeUnknown } from './problems.ts'
import { isGivenUp } from './read-operation.ts'
import { type CreateAnswer, type ReplayDependencies, replayCreate } from './replay.ts'

export type ProvisionDependencies = {
  store: AuditedStore
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inPlace'>
  replication: Replication
  config: {
    pingFederate: Pick<Config['pingFederate'], 'timeoutMs' | 'replication'>
    secretKeys: readonly KeyObject[]
  }
}

export type CreateRequest = {
  operationId: string
  client: NewClient
  clientLimit: ClientLimit | undefined
  /** Rules of the policy that allow it; null without a policy file. */
  rule: string | null
  /** The answer, unless it repeats a request that was begun when the policy allowed it. */
  refusal: Problem | undefined
  retrieval: IssuedRetrieval
  actor: Actor
  idempotent: IdempotentRequest | undefined
}

/**
 * Calls one create can make in a row: version, two POSTs with a look-up each, status and settings of the cluster; two
 * more leave room for renewed tokens. Should it take longer all the same, its POST does no harm, and a PUT is sent only
 * under a lease of its own.
 */
const maxCalls = 9

/**
 * Makes a client with its journal: intended (durable), PingFederate, done. A repetition under the same idempotency key
 * makes nothing and answers the same. What PingFederate cannot take is refused before anything is written.
 * @throws Problem when the client was not made, or when that is not known
 * @throws PingFederateFailure when there was no place for it; nothing has begun then
 */
export const provisionClient = async (
  dependencies: ProvisionDependencies,
  request: CreateRequest,
): Promise<CreateAnswer> => {
  if (request.refusal) return answerRefused(dependencies, request, request.refusal)
  let hasBegun = false
  const make = (pingFederate: PingFederate) => {
    hasBegun = true
    return makeClient({ ...dependencies, pingFederate }, request)
  }
  try {
    return await dependencies.pingFederate.inPlace(make)
  } catch (error) {
    const answer = hasBegun ? undefined : await answerFromRecords(dependencies, request)
    if (answer) return answer
    throw error
  }
}

const answerRefused = async (
  dependencies: ReplayDependencies,
  request: CreateRequest,
  refusal: Problem,
): Promise<CreateAnswer> => {
  const answer = await answerRepetition(dependencies, request)
  if (answer) return answer
  throw refusal
}

type MakeDependencies = Omit<ProvisionDependencies, 'pingFederate'> & { pingFederate: PingFederate }

const makeClient = async (dependencies: MakeDependencies, request: CreateRequest): Promise<CreateAnswer> => {
  const earlier = await begin(dependencies, request)
  if (earlier) return earlier
  const { operationId, client, retrieval, actor } = request
  const { timeoutMs } = dependencies.config.pingFederate
  const operation = { operationId, clientId: client.clientId, team: client.team, fence: 1, actor }
  const outcome = await carryOutCreate(dependencies.pingFederate, {
    client,
    secret: retrieval.secret,
    operationId,
    isGivenUp: maker => isGivenUp(dependencies.store.db, maker, client.clientId),
    holdForTakeOver: () => holdForTakeOver(dependencies.store, operation, timeoutMs),
  })
  if (outcome.kind === 'unknown') {
    const waitMs = outcome.mayReplace ? takeOverMs(timeoutMs) : await leaveOpen(dependencies, operation)
    throw outcomeUnknown(operationId, outcome.failure, waitMs)
  }
  if (outcome.kind === 'created') {
    const { token, expiresAt, redeemableBy } = retrieval
    return {
      client: await finish(dependencies, operation, outcome.client.savedAt),
      retrieval: { token, state: 'outstanding', expiresAt, redeemableBy },
    }
  }
  const problem = outcome.kind === 'foreign' ? existsAlready(outcome.maker) : toProblem(outcome.failure)
  const isFinal = outcome.kind === 'foreign' || outcome.failure.kind === 'invalid'
  await failCreate(dependencies.store, operation, {
    code: problem.code,
    ...(isFinal && { refusal: problem }),
  }).catch(leaveToRecovery)
  throw problem
}

/** A repetition needs no PingFederate, and neither does a client id that is taken: both are answered while it is down, too. */
const answerFromRecords = async (
  dependencies: ReplayDependencies,
  request: CreateRequest,
): Promise<CreateAnswer | undefined> => {
  const answer = await answerRepetition(dependencies, request)
  if (answer) return answer
  const holder = await findHolder(dependencies.store.db, request.client.clientId)
  return holder && answerHeld(dependencies, request, holder)
}

/** What was begun under the same key is answered as the first time. */
const answerRepetition = async (
  dependencies: ReplayDependencies,
  request: CreateRequest,
): Promise<CreateAnswer | undefined> => {
  const known = request.idempotent && (await findKnownRequest(dependencies.store.db, request.idempotent))
  return known && !mayBeginAgain(known) ? replay(dependencies, request, known) : undefined
}

/** What is written here can be found out again from PingFederate, so that a database that fails now changes no answer. */
const leaveToRecovery = (error: unknown): void => {
  if (!isDatabaseUnavailable(error)) throw error
}

const leaseMs = (config: ProvisionDependencies['config']): number => maxCalls * config.pingFederate.timeoutMs

/** Leaves an operation to whoever asks next, and to recovery; resolves to how long neither can settle it, in milliseconds. */
const leaveOpen = (
  { store, config }: Pick<MakeDependencies, 'store' | 'config'>,
  operation: LeasedOperation,
): Promise<number> => {
  const { timeoutMs } = config.pingFederate
  return endLeaseSoon(store, operation, timeoutMs).then(
    () => timeoutMs,
    error => {
      leaveToRecovery(error)
      return leaseMs(config)
    },
  )
}

const intend = ({ config }: MakeDependencies, request: CreateRequest): IntendedCreate => ({
  ...request,
  leaseMs: leaseMs(config),
})

/** Begins, or resolves to what an earlier request under the same key made. */
const begin = async (
  dependencies: MakeDependencies,
  request: CreateRequest,
): Promise<CreateAnswer | undefined> => {
  const intended = intend(dependencies, request)
  // A second time when what stood in the way turned out to be an operation that made nothing.
  for (let isLast = false; ; isLast = true) {
    const begun = await beginCreate(dependencies.store, intended)
    if (begun.kind === 'begun') return undefined
    const answer = await answerEarlier(dependencies, request, begun)
    if (answer) return answer
    if (isLast) throw inProgress(begun.operationId)
  }
}

const answerEarlier = (
  dependencies: ReplayDependencies,
  request: CreateRequest,
  begun: Exclude<Begun, { kind: 'begun' }>,
): Promise<CreateAnswer | undefined> | undefined =>
  begun.kind === 'known'
    ? replay(dependencies, request, begun.known)
    : answerHeld(dependencies, request, begun.holder)

const replay = (
  dependencies: ReplayDependencies,
  { idempotent, actor }: CreateRequest,
  known: Parameters<typeof replayCreate>[1],
) =>
  idempotent
    ? replayCreate(dependencies, known, idempotent.key, actor).catch(asUnknown(known.operation.operation_id))
    : undefined

/** The holder may be a request under the same key that began a moment ago. */
const answerHeld = async (
  dependencies: ReplayDependencies,
  request: CreateRequest,
  holder: Parameters<typeof refuseOrRelease>[1],
) => {
  const known = request.idempotent && (await findKnownRequest(dependencies.store.db, request.idempotent))
  if (known?.operation.operation_id === holder.operation_id) return replay(dependencies, request, known)
  await refuseOrRelease(dependencies, holder, request.actor).catch(asUnknown(holder.operation_id))
  return undefined
}

const asUnknown =
  (operationId: string) =>
  (error: unknown): never => {
    throw error instanceof PingFederateFailure ? outcomeUnknown(operationId, error, lookAgainMs) : error
  }

const finish = async (
  dependencies: MakeDependencies,
  operation: LeasedOperation,
  savedAt: string | null,
): Promise<WebSessionClient> => {
  const { store, replication, config } = dependencies
  const status = await replication.statusAfterSave()
  const row = await finishCreate(store, operation, { replication: status, savedAt }).catch(error => {
    throw isDatabaseUnavailable(error) ? outcomeUnknown(operation.operationId, error, leaseMs(config)) : error
  })
  // Goes on after the answer: publishing takes as long as it takes, and `status` tells how it went.
  if (status === 'replicating') void publishClients(dependencies, [row.client_id])
  return toWebSessionClient(row)
}
