import type { KeyObject } from 'node:crypto'
import { Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { principalOf } from '../authentication/authenticate.ts'
import { replayed } from '../http/idempotency-key.ts'
import type { App } from '../http/route.ts'
import type { Journal } from '../journal/change.ts'
import { deriveTokenBytes, toIdempotentRequest } from '../journal/idempotency.ts'
import { runChange } from '../journal/run.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { rulesOf } from '../policy/decide.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import { issueRetrieval } from '../secret-retrievals/issue.ts'
import { toEntityTag } from './client-row.ts'
import { type CreateRequest, createChange } from './create-change.ts'
import { createDocument } from './create-document.ts'
import { dryRunCreate } from './dry-run.ts'
import { type CreatePlan, type CreateRules, planCreate } from './plan.ts'
import type { CreateWebSessionClient } from './schema.ts'
import { inSlots, type Upstream } from './upstream.ts'

export type CreateDependencies = {
  journal: Journal<Upstream>
  store: AuditedStore
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inSlot' | 'planSave' | 'readPrerequisites'>
  replication: Replication
  policy: Pick<PolicyInForce, 'current'>
  config: CreateRules & {
    publicUrl: string | undefined
    pingFederate: Pick<PingFederateConfig, 'timeoutMs' | 'replication'>
    /** The current server key, then former ones. */
    secretKeys: readonly [KeyObject, ...KeyObject[]]
  }
  newId: () => string
  randomBytes: (size: number) => Buffer
}

const schema = {
  operationId: 'createWebSessionClient',
  tags: ['web session clients'],
  summary: 'Create a web session client',
  description: createDocument.description,
  headers: createDocument.headers,
  querystring: createDocument.querystring,
  body: Type.Unsafe<CreateWebSessionClient>(Type.Ref('CreateWebSessionClient')),
  response: { 200: createDocument.dryRun, 201: createDocument.created },
}

/** `POST /web-session-clients` */
export const createWebSessionClient = (app: App, dependencies: CreateDependencies): void => {
  const journal = inSlots(dependencies)
  app.route({
    method: 'POST',
    url: '/web-session-clients',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.create',
      problems: createDocument.problems,
    },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const principal = principalOf(request)
      const plan = planCreate(request, principal, {
        config: dependencies.config,
        policy: dependencies.policy.current(),
      })
      const toCreate = toCreateRequest(dependencies, { plan, actor: actorOf(request) })
      if (request.query.dryRun)
        return reply
          .code(200)
          .send(await dryRunCreate({ ...dependencies, log: request.log }, plan.choices, toCreate))
      const created = await runChange(journal, createChange, toCreate)
      const { token, ...retrieval } = created.retrieval
      return (
        reply
          .code(201)
          // Its settings have not been changed since they were set for the first time.
          .headers({
            location: `${dependencies.config.publicUrl ?? ''}/web-session-clients/${plan.client.clientId}`,
            etag: toEntityTag({ version: 1, created_at: created.client.createdAt }),
            ...(created.isReplayed && replayed),
          })
          .send({ ...created.client, retrieval: { token: token?.reveal() ?? null, ...retrieval } })
      )
    },
  })
}

type ToCreate = { plan: CreatePlan; actor: Actor }

/** Chooses everything random, so that nothing is left to chance once the change has begun. */
const toCreateRequest = (
  dependencies: CreateDependencies,
  { plan: { body, key, client, clientLimit, decisions, refusal, retrieval }, actor }: ToCreate,
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
