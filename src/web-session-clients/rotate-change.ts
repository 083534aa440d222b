import type { KeyObject } from 'node:crypto'
import type { Change, ChangeRequest, Outcome } from '../journal/change.ts'
import { holdForLateCall, lateCallMs } from '../journal/lease.ts'
import { givenUp } from '../journal/problems.ts'
import { lockOperation, readOperation } from '../journal/read-operation.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { asProblem, Problem } from '../problem.ts'
import { insertRetrieval } from '../secret-retrievals/insert-retrieval.ts'
import type { IssuedRetrieval } from '../secret-retrievals/issue.ts'
import { type RepeatedRetrieval, repeatRetrieval } from '../secret-retrievals/repeat-retrieval.ts'
import { lookUp } from './carry-out.ts'
import { toRotatedClient, toRotationFacts } from './client-row.ts'
import { findRotatable } from './find-rotatable.ts'
import { getClient } from './get.ts'
import { chooseOverlap, type OverlapRules } from './rotation-overlap.ts'
import { holdSecret, keepOverlap, putInForce, readOverlap, takeBackSecret } from './rotation-rows.ts'
import { findHolder } from './taken.ts'
import { toSaved, type Upstream } from './upstream.ts'

/** Everything a rotation has chosen before PingFederate is called; the overlap follows from the client as it is then. */
export type RotateRequest = ChangeRequest & {
  retrieval: IssuedRetrieval
  overlap: OverlapRules
  /** Whether it may leave a former secret alive that there is already. */
  force: boolean
  /** Those under which a token may have been derived from an idempotency key, the current one first. */
  secretKeys: readonly KeyObject[]
}

/** What a rotation answers, the first time and again. */
export type RotateAnswer = ReturnType<typeof toRotatedClient> & {
  retrieval: RepeatedRetrieval
  isReplayed: boolean
}

/** The kind of change behind `POST /web-session-clients/{clientId}/secret-rotations`. */
export const rotateChange: Change<Upstream, RotateRequest, RotateAnswer> = {
  kind: 'rotate',
  // A look, the PUT, another look, status and settings of the cluster; two more leave room for renewed tokens.
  maxCalls: 7,
  check: findHolder,
  intend: async (trx, { retrieval, overlap, operationId, clientId, team, actor }) => {
    const client = await getClient(trx, actor.principal, clientId)
    const former = await holdSecret(trx, client, operationId)
    const { value: overlapMinutes } = chooseOverlap(overlap, former)
    const { subject, clientId: oauthClientId = '' } = actor.principal
    await insertRetrieval(trx, { ...retrieval, clientId, team, subject, oauthClientId })
    const { retrievalId } = retrieval
    await keepOverlap(trx, { operationId, retrievalId, overlapMinutes, former })
    return true
  },
  send: async ({ upstream, store, timeoutMs }, request, operation) => {
    const { pingFederate } = upstream
    const { clientId, operationId, retrieval } = request
    const found = await findRotatable({ pingFederate, store }, request).catch(asProblem)
    if (found instanceof Problem) return { kind: 'failed', problem: found, isFinal: false }
    if (!(await holdForLateCall(store, operation, timeoutMs)))
      return { kind: 'unknown', cause: new Error('The lease was over before the PUT.') }
    const overlapMinutes = readOverlap(await readOperation(store.db, operationId))
    const saved = await pingFederate
      .rotateSecret(found, { secret: retrieval.secret, overlapMinutes, operationId })
      .catch(asFailure)
    if (!(saved instanceof PingFederateFailure))
      return { kind: 'done', saved: await toSaved(upstream, saved) }
    if (!saved.isAmbiguous) return toFailed(saved)
    const left = await lookUp(pingFederate, clientId, operationId).catch(asFailure)
    if (!(left instanceof PingFederateFailure) && left?.kind === 'created')
      return { kind: 'done', saved: await toSaved(upstream, left.client) }
    // Another marker is no failure: the PUT may be on its way.
    return { kind: 'unknown', cause: saved, heldMs: lateCallMs(timeoutMs) }
  },
  look: async (upstream, { client_id: clientId, operation_id: operationId }) => {
    const found = await lookUp(upstream.pingFederate, clientId, operationId)
    return found?.kind === 'created'
      ? { kind: 'done', saved: await toSaved(upstream, found.client) }
      : { kind: 'not-done', code: 'outcome_unknown' }
  },
  finish: async (trx, { operationId }, saved) => {
    const operation = await lockOperation(trx, operationId)
    if (operation.state === 'failed') throw givenUp(operationId)
    // Where another process has ended it as done, another rotation may have followed by now.
    if (operation.state === 'done') return operation.facts ?? ''
    const { client, previousEndsAt } = await putInForce(trx, operation, saved)
    return toRotationFacts(client, previousEndsAt)
  },
  undo: async (trx, { operationId }) => takeBackSecret(trx, await readOperation(trx, operationId)),
  answer: ({ clientId, team, retrieval: { token, expiresAt, redeemableBy } }, facts) => ({
    ...toRotatedClient(facts, { clientId, team }),
    retrieval: { token, state: 'outstanding', expiresAt, redeemableBy },
    isReplayed: false,
  }),
  answerAgain: async (db, { idempotent, secretKeys }, operation) => {
    if (operation.facts === null || !idempotent) return undefined
    const { client_id: clientId, team } = operation
    const retrieval = await repeatRetrieval(db, operation, { key: idempotent.key, secretKeys })
    return { ...toRotatedClient(operation.facts, { clientId, team }), retrieval, isReplayed: true }
  },
}

const toFailed = (failure: PingFederateFailure): Outcome => ({
  kind: 'failed',
  problem: toProblem(failure),
  isFinal: failure.kind === 'invalid' && failure.speaker === 'itself',
})
