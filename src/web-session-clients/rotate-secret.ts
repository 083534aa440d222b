import type { KeyObject } from 'node:crypto'
import { Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { ClientRow } from '../database/schema.ts'
import { replayed } from '../http/idempotency-key.ts'
import type { App } from '../http/route.ts'
import type { Journal } from '../journal/change.ts'
import { deriveTokenBytes, toIdempotentRequest } from '../journal/idempotency.ts'
import { runChange } from '../journal/run.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { rulesOf } from '../policy/decide.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import type { Secret } from '../secret.ts'
import { issueRetrieval } from '../secret-retrievals/issue.ts'
import { getClient } from './get.ts'
import { type RotateRequest, rotateChange } from './rotate-change.ts'
import { goesIntoPingAccess, rotateDelivered } from './rotate-delivered.ts'
import { rotateSecretDocument } from './rotate-secret-document.ts'
import { dryRunRotation } from './rotation-dry-run.ts'
import { parseRotation, planRotation, type RotationPlan, type RotationRules } from './rotation-plan.ts'
import type { RotateSecret } from './rotation-schema.ts'
import { inSlots, type Upstream } from './upstream.ts'

export type RotateDependencies = {
  journal: Journal<Upstream>
  store: AuditedStore
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inSlot'>
  policy: Pick<PolicyInForce, 'current'>
  config: RotationRules & {
    publicUrl: string | undefined
    /** The current server key, then former ones. */
    secretKeys: readonly [KeyObject, ...KeyObject[]]
  }
  newId: () => string
  randomBytes: (size: number) => Buffer
}

const schema = {
  operationId: 'rotateSecret',
  tags: ['web session clients'],
  summary: 'Give a web session client a new secret',
  description: rotateSecretDocument.description,
  params: rotateSecretDocument.params,
  headers: rotateSecretDocument.headers,
  querystring: rotateSecretDocument.querystring,
  body: Type.Unsafe<RotateSecret>(Type.Ref('RotateSecret')),
  response: { 200: rotateSecretDocument.dryRun, 201: rotateSecretDocument.rotated },
}

/** `POST /web-session-clients/{clientId}/secret-rotations` */
export const rotateSecret = (app: App, dependencies: RotateDependencies): void => {
  const { config, store, policy } = dependencies
  const journal = inSlots(dependencies)
  app.route({
    method: 'POST',
    url: '/web-session-clients/:clientId/secret-rotations',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.rotate',
      canWait: true,
      isBodyOptional: true,
      problems: rotateSecretDocument.problems,
    },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { body, key } = parseRotation(request, config)
      const client = await getClient(store.db, actor.principal, request.params.clientId)
      const plan = planRotation(body, { config, policy: policy.current(), client })
      const asked = { client, body, key: request.query.dryRun ? undefined : key, actor }
      const toRotate = toRotateRequest(dependencies, { ...asked, plan })
      if (await goesIntoPingAccess(dependencies, asked, toRotate.idempotent)) {
        const rotated = await rotateDelivered(dependencies, asked, request.query.dryRun)
        return reply.code(rotated.status).headers(rotated.headers).send(rotated.body)
      }
      if (request.query.dryRun)
        return reply.code(200).send(await dryRunRotation(dependencies, plan.choices, toRotate))
      const rotated = await runChange(journal, rotateChange, toRotate)
      const { token, ...retrieval } = rotated.retrieval
      return reply
        .code(201)
        .headers({
          location: `${config.publicUrl ?? ''}/web-session-clients/${client.client_id}`,
          ...(rotated.isReplayed && replayed),
        })
        .send({
          ...rotated.client,
          retrieval: { token: token?.reveal() ?? null, ...retrieval },
          previousSecretEndsAt: rotated.previousSecretEndsAt,
        })
    },
  })
}

type ToRotate = {
  plan: RotationPlan
  client: ClientRow
  body: RotateSecret
  key: Secret | undefined
  actor: Actor
}

/** Chooses everything random, so that nothing is left to chance once the change has begun. */
const toRotateRequest = (
  dependencies: RotateDependencies,
  { plan: { retrieval, overlap, decisions, refusal }, client, body, key, actor }: ToRotate,
): RotateRequest => {
  const { newId, store } = dependencies
  const { secretKeys } = dependencies.config
  const operationId = newId()
  const { client_id: clientId, team } = client
  const tokenBytes = key && deriveTokenBytes(secretKeys[0], key, operationId)
  const issued = issueRetrieval(
    { clientId, ...retrieval, tokenBytes },
    { ...dependencies, now: store.now, secretKey: secretKeys[0] },
  )
  return {
    ...{ operationId, clientId, team, refusal, actor, secretKeys, overlap },
    force: body.force === true,
    rule: rulesOf(decisions),
    idempotent:
      key &&
      toIdempotentRequest({
        kind: rotateChange.kind,
        principal: actor.principal,
        now: store.now(),
        // The client is in the path and not in the body, and is what a key stands for all the same.
        body: { ...body, clientId },
        ...{ key, secretKeys },
      }),
    retrieval: issued,
    retrievalId: issued.retrievalId,
  }
}
