import type { KeyObject } from 'node:crypto'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { replayed } from '../http/idempotency-key.ts'
import type { Journal } from '../journal/change.ts'
import { deriveTokenBytes, toIdempotentRequest } from '../journal/idempotency.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { rulesOf } from '../policy/decide.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import { issueRetrieval } from '../secret-retrievals/issue.ts'
import { toEntityTag } from './client-row.ts'
import { type CreateAnswer, type CreateRequest, createChange } from './create-change.ts'
import type { CreatePlan, CreateRules } from './plan.ts'
import type { Upstream } from './upstream.ts'

export type CreateDependencies = {
  journal: Journal<Upstream>
  store: AuditedStore
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inSlot' | 'planSave' | 'readPrerequisites'>
  replication: Replication
  policy: Pick<PolicyInForce, 'current'>
  config: CreateRules & {
    rotation: Readonly<{ overlapMinutes: number }>
    publicUrl: string | undefined
    pingFederate: Pick<PingFederateConfig, 'timeoutMs' | 'replication'>
    /** The current server key, then former ones. */
    secretKeys: readonly [KeyObject, ...KeyObject[]]
  }
  newId: () => string
  randomBytes: (size: number) => Buffer
}

/** Chooses everything random, so that nothing is left to chance once the change has begun. */
export const toCreateRequest = (
  dependencies: CreateDependencies,
  { body, key, client, clientLimit, decisions, refusal, retrieval }: CreatePlan,
  actor: Actor,
): CreateRequest => {
  const { config, newId, store } = dependencies
  const { secretKeys } = config
  const operationId = newId()
  const issued = issueRetrieval(
    {
      clientId: client.clientId,
      ...retrieval,
      tokenBytes: key && deriveTokenBytes(secretKeys[0], key, operationId),
    },
    { ...dependencies, now: store.now, secretKey: secretKeys[0] },
  )
  return {
    ...{ operationId, client, clientLimit, refusal, actor, secretKeys },
    clientId: client.clientId,
    team: client.team,
    rule: rulesOf(clientLimit ? [...decisions, clientLimit] : decisions),
    idempotent:
      key &&
      toIdempotentRequest({
        kind: createChange.kind,
        principal: actor.principal,
        now: store.now(),
        ...{ key, body, secretKeys },
      }),
    retrieval: issued,
    retrievalId: issued.retrievalId,
  }
}

/** What whoever has made a client is answered. */
export const toCreatedAnswer = (
  { client, retrieval: { token, ...retrieval }, isReplayed }: CreateAnswer,
  { publicUrl = '' }: Pick<CreateDependencies['config'], 'publicUrl'>,
) => ({
  headers: toCreatedHeaders(client, isReplayed, publicUrl),
  body: { ...client, retrieval: { token: token?.reveal() ?? null, ...retrieval } },
})

/** Where it is read, and what it may be changed from. */
export const toCreatedHeaders = (client: CreateAnswer['client'], isReplayed: boolean, publicUrl: string) => ({
  location: `${publicUrl}/web-session-clients/${client.clientId}`,
  // Its settings have not been changed since they were set for the first time.
  etag: toEntityTag({ version: 1, created_at: client.createdAt }),
  ...(isReplayed && replayed),
})
