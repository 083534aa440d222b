import type { KeyObject } from 'node:crypto'
import type { Change, ChangeRequest } from '../journal/change.ts'
import { givenUp } from '../journal/problems.ts'
import { lockOperation, readOperation } from '../journal/read-operation.ts'
import { insertRetrieval } from '../secret-retrievals/insert-retrieval.ts'
import type { IssuedRetrieval } from '../secret-retrievals/issue.ts'
import { type RepeatedRetrieval, repeatRetrieval } from '../secret-retrievals/repeat-retrieval.ts'
import { toRotatedClient, toRotationFacts } from './client-row.ts'
import { forgetDelivery } from './deliver-rows.ts'
import { findRotatable } from './find-rotatable.ts'
import { getClient } from './get.ts'
import { lookForMarker, putClient } from './put-client.ts'
import { chooseOverlap, type OverlapRules } from './rotation-overlap.ts'
import {
  findLastEnd,
  holdSecret,
  keepOverlap,
  putInForce,
  readOverlap,
  takeBackSecret,
} from './rotation-rows.ts'
import { findHolder } from './taken.ts'
import type { Upstream } from './upstream.ts'

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
    await Promise.all([
      insertRetrieval(trx, {
        ...{ ...retrieval, clientId, team, subject, oauthClientId },
        previousEndsAt: findLastEnd(former, overlapMinutes),
      }),
      keepOverlap(trx, operationId, overlapMinutes),
    ])
  },
  send: async (tools, request, operation) => {
    const { upstream, store } = tools
    const { pingFederate } = upstream
    const { operationId, retrieval } = request
    const overlapMinutes = readOverlap(await readOperation(store.db, operationId))
    return putClient(tools, operation, {
      find: () => findRotatable({ pingFederate, store }, request),
      put: found =>
        pingFederate.rotateSecret(found, { secret: retrieval.secret, overlapMinutes, operationId }),
    })
  },
  look: lookForMarker,
  finish: async (trx, { operationId }, saved) => {
    const operation = await lockOperation(trx, operationId)
    if (operation.state === 'failed') throw givenUp(operationId)
    // Where another process has ended it as done, another rotation may have followed by now.
    if (operation.state === 'done') return operation.facts ?? ''
    const { client, previousEndsAt } = await putInForce(trx, operation, saved)
    return toRotationFacts(await forgetDelivery(trx, client), previousEndsAt)
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
