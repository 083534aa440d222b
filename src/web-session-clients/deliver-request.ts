import type { KeyObject } from 'node:crypto'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { ClientRow } from '../database/schema.ts'
import type { Journal } from '../journal/change.ts'
import { toIdempotentRequest } from '../journal/idempotency.ts'
import type { AskedWebSession } from '../pingaccess/merge-web-session.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import type { Secret } from '../secret.ts'
import { createSecret } from '../secret-retrievals/issue.ts'
import { type DeliverRequest, deliverChange } from './deliver-change.ts'
import type { Upstream } from './upstream.ts'

export type DeliverDependencies = {
  journal: Journal<Upstream>
  store: AuditedStore
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inSlot'>
  config: {
    rotation: Readonly<{ overlapMinutes: number }>
    /** The current server key, then former ones. */
    secretKeys: readonly [KeyObject, ...KeyObject[]]
  }
  newId: () => string
  randomBytes: (size: number) => Buffer
}

type ToDeliver = {
  client: Pick<ClientRow, 'client_id' | 'team'>
  body: AskedWebSession & { overlapMinutes?: number | undefined; force?: boolean | undefined }
  key?: Secret | undefined
  actor: Actor
  /** Where the caller's body has what is asked of the web session; at its top unless told otherwise. */
  pointer?: string
}

/** Chooses everything random, so that nothing is left to chance once the change has begun. */
export const toDeliverRequest = (
  { config: { rotation, secretKeys }, newId, store, randomBytes }: DeliverDependencies,
  { client: { client_id: clientId, team }, body, key, actor, pointer = '' }: ToDeliver,
): DeliverRequest => ({
  ...{ operationId: newId(), retrievalId: newId(), clientId, team, actor, pointer },
  ...{ rule: null, refusal: undefined },
  secret: createSecret(randomBytes),
  // It is in place before the answer, so that the former secret need not outlive a token.
  overlap: { asked: body.overlapMinutes, configuredMinutes: rotation.overlapMinutes, ttlSeconds: 0 },
  force: body.force === true,
  asked: { name: body.name, audience: body.audience },
  idempotent:
    key &&
    toIdempotentRequest({
      kind: deliverChange.kind,
      principal: actor.principal,
      now: store.now(),
      // The client is in the path and not in the body, and is what a key stands for all the same.
      body: { ...body, clientId },
      ...{ key, secretKeys },
    }),
})
