import { rehearseChange } from '../journal/rehearse.ts'
import { answerRepetition } from '../journal/replay.ts'
import { runChange } from '../journal/run.ts'
import type { AskedWebSession } from '../pingaccess/merge-web-session.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { Problem, type ProblemCode } from '../problem.ts'
import { Secret } from '../secret.ts'
import { type CreateAnswer, type CreateRequest, createChange } from './create-change.ts'
import { type CreateDependencies, toCreatedHeaders } from './create-request.ts'
import { type DeliverAnswer, deliverChange } from './deliver-change.ts'
import { toDeliverRequest } from './deliver-request.ts'
import { findPlaces } from './find-places.ts'
import { getClient } from './get.ts'
import { inSlots } from './upstream.ts'

const pointer = '/webSession'

/**
 * A create whose secret goes straight into PingAccess: a create and a delivery, each with its own end. What PingAccess
 * refuses is found before the client is made. A repetition under the same key completes what was cut off in between.
 * @throws Problem as each of the two; `delivery_failed` where the client is there, and PingAccess has not got its secret
 */
export const createDelivered = async (
  dependencies: CreateDependencies,
  request: CreateRequest,
  asked: AskedWebSession,
) => {
  const { client: created, isReplayed } = await create(dependencies, request, asked)
  const delivered = await deliver(dependencies, { request, asked, team: created.team })
  return {
    headers: toCreatedHeaders(created, isReplayed, dependencies.config.publicUrl ?? ''),
    body: { ...delivered.client, retrieval: null },
  }
}

/** Our own records are asked before PingAccess: a repetition does not need it, and another team learns nothing of it. */
const create = async (
  dependencies: CreateDependencies,
  request: CreateRequest,
  asked: AskedWebSession,
): Promise<CreateAnswer> => {
  const { journal } = dependencies
  const earlier = await answerRepetition(journal, createChange, request)
  if (earlier) return earlier
  await rehearseChange(journal, createChange, request)
  await findPlaces(journal.upstream, { client: request.client, asked, pointer })
  return runChange(inSlots(dependencies), createChange, request)
}

type ToDeliver = { request: CreateRequest; asked: AskedWebSession; team: string }

const deliver = async (
  dependencies: CreateDependencies,
  { request: { clientId, actor, idempotent }, asked, team }: ToDeliver,
): Promise<DeliverAnswer> => {
  const { journal, store } = dependencies
  // The blank keeps it apart from every key that can be sent.
  const key = idempotent && new Secret(`create ${idempotent.key.reveal()}`)
  const toDeliver = (owner: string) =>
    toDeliverRequest(dependencies, {
      ...{ client: { client_id: clientId, team: owner }, body: asked, key, actor, pointer },
    })
  try {
    const earlier = await answerRepetition(journal, deliverChange, toDeliver(team))
    if (earlier) return earlier
    // Its team may be another one since.
    const row = await getClient(store.db, actor.principal, clientId)
    return await runChange(inSlots(dependencies), deliverChange, toDeliver(row.team))
  } catch (error) {
    const problem = error instanceof PingFederateFailure ? toProblem(error) : error
    throw problem instanceof Problem ? afterCreate(problem) : problem
  }
}

/** What is not known, or not over yet, has not failed. */
const saidAsItIs: readonly ProblemCode[] = ['delivery_failed', 'operation_in_progress', 'outcome_unknown']

/** What says that nothing was changed speaks of the delivery alone. */
const afterCreate = (problem: Problem): Problem =>
  saidAsItIs.includes(problem.code)
    ? problem
    : new Problem(
        'delivery_failed',
        `The client was created, and PingAccess has not got its secret: ${problem.message}`,
        {
          cause: problem,
          headers: problem.headers,
          ...(problem.violations && { violations: problem.violations }),
          ...(problem.operation && { operation: problem.operation }),
        },
      )
