import type { Change, ChangeRequest } from '../journal/change.ts'
import { givenUp } from '../journal/problems.ts'
import { lockOperation, readOperation } from '../journal/read-operation.ts'
import type { AskedWebSession } from '../pingaccess/merge-web-session.ts'
import { asProblem, Problem } from '../problem.ts'
import type { Secret } from '../secret.ts'
import { readDeliveryFacts, toDeliveredClient, toDeliveryFacts, toNewClient } from './client-row.ts'
import {
  insertUntokened,
  isUnsettled,
  keepFacts,
  markDelivered,
  readIntended,
  recordDelivered,
} from './deliver-rows.ts'
import { deliveryFailed, notDelivered } from './delivery-problems.ts'
import { findPlaces, isInUse } from './find-places.ts'
import { findRotatable } from './find-rotatable.ts'
import { getClient } from './get.ts'
import { lookForMarker, putClient } from './put-client.ts'
import { putSecret } from './put-secret.ts'
import { chooseOverlap, type OverlapRules } from './rotation-overlap.ts'
import { findLastEnd, holdSecret, putInForce, takeBackSecret } from './rotation-rows.ts'
import type { WebSessionClient } from './schema.ts'
import { findHolder } from './taken.ts'
import type { Upstream } from './upstream.ts'

/** Everything a delivery has chosen before PingFederate is called. */
export type DeliverRequest = ChangeRequest & {
  /** Stands for the secret in the records; there is no token for it. */
  retrievalId: string
  secret: Secret
  overlap: OverlapRules
  /** Whether it may leave a former secret alive that there is already. */
  force: boolean
  asked: AskedWebSession
  /** Where the caller's body has what was asked of the web session. */
  pointer: string
}

/** What a delivery answers, the first time and again. */
export type DeliverAnswer = {
  client: WebSessionClient
  previousSecretEndsAt: string | null
  /** Whether the web session was made. */
  isNew: boolean
  isReplayed: boolean
}

/**
 * The kind of change behind `PUT /web-session-clients/{clientId}/web-session`: PingFederate gets a new secret, its
 * engines learn it, and then PingAccess gets it. Meanwhile people log in with the former one, which lives on for the overlap. The
 * secret is in memory only, so a delivery that was cut off between the two cannot be completed, but only made again.
 */
export const deliverChange: Change<Upstream, DeliverRequest, DeliverAnswer> = {
  kind: 'deliver',
  // Those of a rotation, a list of web sessions, and some of them to write; each time-out of PingAccess is looked at by itself.
  maxCalls: 12,
  check: findHolder,
  intend: async (trx, { overlap, retrievalId, operationId, clientId, team, actor: { principal } }) => {
    const client = await getClient(trx, principal, clientId)
    const former = await holdSecret(trx, client, operationId)
    const { value: overlapMinutes } = chooseOverlap(overlap, former)
    await insertUntokened(trx, {
      retrievalId,
      clientId,
      team,
      principal,
      endsAt: findLastEnd(former, overlapMinutes),
    })
    const mayLeaveFormer = isUnsettled(client, former)
    await keepFacts(trx, operationId, { overlapMinutes, mayLeaveFormer })
  },
  send: async (tools, request, operation) => {
    const { upstream, store } = tools
    const { pingFederate } = upstream
    const { operationId, clientId, secret } = request
    const facts = readIntended(await readOperation(store.db, operationId))
    const client = toNewClient(await getClient(store.db, request.actor.principal, clientId))
    const find = () => findPlaces(upstream, { ...request, client })
    const places = await find().catch(asProblem)
    if (places instanceof Problem) return { kind: 'failed', problem: places, isFinal: false }
    const force = request.force || facts.mayLeaveFormer
    const rotated = await putClient(tools, operation, {
      find: () => findRotatable({ pingFederate, store }, { clientId, force }),
      put: found =>
        pingFederate.rotateSecret(found, { secret, overlapMinutes: facts.overlapMinutes, operationId }),
    })
    if (rotated.kind !== 'done') return rotated
    return putSecret(tools, operation, {
      facts,
      saved: rotated.saved,
      isInUse: isInUse(places),
      find,
      request,
    })
  },
  look: lookForMarker,
  finish: async (trx, { operationId }, saved) => {
    const operation = await lockOperation(trx, operationId)
    if (operation.state === 'failed') throw givenUp(operationId)
    if (operation.state === 'done') return operation.facts ?? ''
    const { delivered, failure = notDelivered } = readIntended(operation)
    const { client, previousEndsAt: previousSecretEndsAt } = await putInForce(trx, operation, saved)
    if (delivered || failure.mayHave) await markDelivered(trx, client)
    if (!delivered) return toDeliveryFacts(client, { previousSecretEndsAt, isNew: false, failure })
    const row = await recordDelivered(trx, client, delivered)
    return toDeliveryFacts(row, { previousSecretEndsAt, isNew: delivered.isNew, failure: null })
  },
  failureOf: facts => (readDeliveryFacts(facts).failure === null ? undefined : 'delivery_failed'),
  undo: async (trx, { operationId }) => takeBackSecret(trx, await readOperation(trx, operationId)),
  answer: (request, facts) => toAnswer(request, facts, false),
  answerAgain: async (_db, _request, { client_id: clientId, team, facts }) =>
    facts === null ? undefined : toAnswer({ clientId, team }, facts, true),
}

/** @throws Problem `delivery_failed` */
const toAnswer = (
  { clientId, team }: Pick<DeliverRequest, 'clientId' | 'team'>,
  facts: string,
  isReplayed: boolean,
): DeliverAnswer => {
  const { previousSecretEndsAt, isNew, failure } = readDeliveryFacts(facts)
  if (failure) throw deliveryFailed(clientId, failure, previousSecretEndsAt)
  return { client: toDeliveredClient(facts, { clientId, team }), previousSecretEndsAt, isNew, isReplayed }
}
