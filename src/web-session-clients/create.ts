import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { Config } from '../config.ts'
import type { Store } from '../database/store.ts'
import { principalOf } from '../http/authenticate.ts'
import { IdempotencyKey, parseIdempotencyKey } from '../http/idempotency-key.ts'
import { bodyProblems, problemResponses, protectedProblems, type Violation } from '../http/problem.ts'
import type { App } from '../http/route.ts'
import { refuseViolations, type SchemaErrors, toViolations } from '../http/validation.ts'
import { deriveTokenBytes, toIdempotentRequest } from '../operations/idempotency.ts'
import { type CreateRequest, provisionClient } from '../operations/provision.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import type { Secret } from '../secret.ts'
import { issueRetrieval } from '../secret-retrievals/issue.ts'
import { toEntityTag } from './client-row.ts'
import { applyDefaults, type NewClient } from './defaults.ts'
import { createdExample } from './examples.ts'
import { findUnfitTexts } from './plain-text.ts'
import { deriveRedirectUris } from './redirect-uris.ts'
import type { CreatedWebSessionClient, CreateWebSessionClient } from './schema.ts'
import { chooseTeam } from './team.ts'

export type CreateDependencies = {
  store: Store
  pingFederate: Pick<ProtectedPingFederate, 'findClient' | 'inPlace'>
  replication: Replication
  config: Pick<Config, 'publicUrl' | 'pingAccess' | 'retrieval' | 'secretKeys' | 'pingFederate'>
  now: () => number
  newId: () => string
  randomBytes: (size: number) => Buffer
}

const schema = {
  operationId: 'createWebSessionClient',
  tags: ['web session clients'],
  summary: 'Create a web session client',
  description:
    'Applies the PingAccess defaults, makes the OAuth client in PingFederate and returns a single-use token for its secret. Two fields are enough.',
  security: [{ oauth2: ['web-session-clients:write'] }, { bearer: [] }],
  headers: Type.Object({ 'Idempotency-Key': Type.Optional(IdempotencyKey) }),
  body: Type.Unsafe<CreateWebSessionClient>(Type.Ref('CreateWebSessionClient')),
  response: {
    201: {
      description: 'The client exists in PingFederate.',
      headers: {
        location: Type.String({ description: 'Where the client is read.' }),
        etag: Type.String({ description: 'Entity tag of its settings.' }),
      },
      content: {
        'application/json': {
          schema: Type.Unsafe<Static<typeof CreatedWebSessionClient>>(Type.Ref('CreatedWebSessionClient')),
          example: createdExample,
        },
      },
    },
    ...problemResponses(
      ...protectedProblems,
      ...bodyProblems,
      'no_team',
      'team_not_yours',
      'client_id_taken',
      'client_exists_in_pingfederate',
      'operation_in_progress',
      'team_ambiguous',
      'idempotency_key_reused',
      'refused_by_pingfederate',
      'pingfederate_credentials_refused',
      'pingfederate_tls',
      'pingfederate_error',
      'pingfederate_invalid_response',
      'pingfederate_unreachable',
      'pingfederate_busy',
      'outcome_unknown',
    ),
  },
}

/** `POST /web-session-clients` */
export const createWebSessionClient = (app: App, dependencies: CreateDependencies): void => {
  app.route({
    method: 'POST',
    url: '/web-session-clients',
    config: { scope: 'web-session-clients:write' },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const principal = principalOf(request)
      const { body, derived } = parseRequest(request, dependencies.config)
      const client = applyDefaults(body, chooseTeam(principal, body.team), derived)
      const created = await provisionClient(
        dependencies,
        toCreateRequest(dependencies, {
          client,
          body,
          actor: actorOf(request),
          key: parseIdempotencyKey(request),
        }),
      )
      const { token, ...retrieval } = created.retrieval
      return (
        reply
          .code(201)
          // Its settings have not been changed since they were set for the first time.
          .headers({
            location: `${dependencies.config.publicUrl ?? ''}/web-session-clients/${client.clientId}`,
            etag: toEntityTag({ version: 1 }),
          })
          .send({ ...created.client, retrieval: { token: token?.reveal() ?? null, ...retrieval } })
      )
    },
  })
}

type ToCreate = { client: NewClient; body: CreateWebSessionClient; actor: Actor; key: Secret | undefined }

/** Chooses everything random, so that nothing is left to chance once the change has begun. */
const toCreateRequest = (
  dependencies: CreateDependencies,
  { client, body, actor, key }: ToCreate,
): CreateRequest => {
  const { config, newId, now } = dependencies
  const { secretKeys, retrieval } = config
  const operationId = newId()
  return {
    operationId,
    client,
    actor,
    idempotent: key && toIdempotentRequest({ key, principal: actor.principal, body, secretKeys, now: now() }),
    retrieval: issueRetrieval(
      {
        clientId: client.clientId,
        ttlSeconds: body.retrieval?.ttlSeconds ?? retrieval.ttlSeconds,
        redeemableBy: body.retrieval?.redeemableBy ?? 'team',
        tokenBytes: key && deriveTokenBytes(secretKeys[0], key, operationId),
      },
      { ...dependencies, secretKey: secretKeys[0] },
    ),
  }
}

/** Every violation at once: those of the schema, of the PingAccess URLs and the texts, and of what this installation permits. */
const parseRequest = (request: FastifyRequest, config: CreateDependencies['config']) => {
  const body = request.body as CreateWebSessionClient
  const urls: unknown = (body as Partial<CreateWebSessionClient> | null)?.pingAccessUrls
  const { derived, violations } = deriveRedirectUris(Array.isArray(urls) ? urls : [], config.pingAccess)
  refuseViolations([
    ...(request.validationError ? toViolations(request.validationError as SchemaErrors) : []),
    ...violations,
    ...findUnfitTexts(body),
    ...findForbiddenRetrieval(body, config.retrieval),
  ])
  return { body, derived }
}

const findForbiddenRetrieval = (
  body: Partial<CreateWebSessionClient> | null,
  rules: Config['retrieval'],
): Violation[] => {
  const { ttlSeconds, redeemableBy } = { ...body?.retrieval }
  return [
    ...(typeof ttlSeconds === 'number' && ttlSeconds > rules.ttlMaxSeconds
      ? [tooLong(ttlSeconds, rules.ttlMaxSeconds)]
      : []),
    ...(redeemableBy === 'bearer' && !rules.bearerAllowed ? [bearerForbidden] : []),
  ]
}

const tooLong = (value: number, maximum: number): Violation => ({
  in: 'body',
  pointer: '/retrieval/ttlSeconds',
  rule: 'retrieval_ttl_maximum',
  value,
  detail: `Retrieval tokens live at most ${maximum} seconds here.`,
  fix: `Send at most ${maximum}.`,
})

const bearerForbidden: Violation = {
  in: 'body',
  pointer: '/retrieval/redeemableBy',
  rule: 'bearer_redemption_disabled',
  value: 'bearer',
  detail: 'This installation does not let a secret go to whoever holds the token.',
  fix: 'Send team or requester, or have the operator set ALLOW_BEARER_REDEMPTION.',
}
