import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { ClientRow } from '../database/schema.ts'
import { parseIfMatch } from '../http/entity-tag.ts'
import type { App } from '../http/route.ts'
import { becameFree } from '../journal/problems.ts'
import { answerRepetition } from '../journal/replay.ts'
import { runChange } from '../journal/run.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'
import { mayReach } from '../principal.ts'
import { Problem, type Violation } from '../problem.ts'
import { applyUpdate, toUpdateRequest, type UpdateDependencies } from './apply-update.ts'
import { type CreateAnswer, createChange } from './create-change.ts'
import { type CreateDependencies, toCreatedAnswer, toCreateRequest } from './create-request.ts'
import { dryRunCreate } from './dry-run.ts'
import type { CreateDryRun } from './dry-run-schema.ts'
import { ensureDocument } from './ensure-document.ts'
import { findOtherId, toCreateBody, toPatch } from './ensure-plan.ts'
import type { EnsuredWebSessionClient, EnsureWebSessionClient } from './ensure-schema.ts'
import { findForbiddenRetrieval, planCreate } from './plan.ts'
import { absent, asStale, requireMet } from './precondition.ts'
import { refuseFullTeam } from './refuse-full-team.ts'
import { findTaken } from './taken.ts'
import { dryRunUpdate } from './update-dry-run.ts'
import { parseUpdate, planUpdate } from './update-plan.ts'
import type { UpdateDryRun } from './update-schema.ts'
import { inSlots } from './upstream.ts'

export type EnsureDependencies = CreateDependencies &
  UpdateDependencies & { pingFederate: ProtectedPingFederate }

const schema = {
  operationId: 'ensureWebSessionClient',
  tags: ['web session clients'],
  summary: 'Make sure that a web session client is as declared',
  description: ensureDocument.description,
  params: ensureDocument.params,
  headers: ensureDocument.headers,
  querystring: ensureDocument.querystring,
  body: Type.Unsafe<EnsureWebSessionClient>(Type.Ref('EnsureWebSessionClient')),
  response: { 200: ensureDocument.ensured, 201: ensureDocument.created },
}

/** `PUT /web-session-clients/{clientId}` */
export const ensureWebSessionClient = (app: App, dependencies: EnsureDependencies): void => {
  app.route({
    method: 'PUT',
    url: '/web-session-clients/:clientId',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.ensure',
      canWait: true,
      problems: ensureDocument.problems,
    },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const { clientId } = request.params
      const asked: Asked = {
        ...{ request, clientId, actor: actorOf(request), log: request.log, body: request.body },
        isDryRun: request.query.dryRun === true,
        others: findOtherId(request, clientId),
      }
      const ensured = await ensure(dependencies, asked)
      if ('created' in ensured) {
        const { headers, body } = toCreatedAnswer(ensured.created, dependencies.config)
        return reply.code(201).headers(headers).send(body)
      }
      if ('entityTag' in ensured) reply.header('etag', ensured.entityTag)
      return reply.code(200).send(ensured.body)
    },
  })
}

type Asked = {
  request: FastifyRequest
  clientId: string
  body: unknown
  actor: Actor
  isDryRun: boolean
  others: readonly Violation[]
  log: FastifyBaseLogger
}

type Ensured =
  | { created: CreateAnswer }
  | { body: EnsuredWebSessionClient; entityTag: string }
  | { body: CreateDryRun | UpdateDryRun }

const ensure = async (dependencies: EnsureDependencies, asked: Asked): Promise<Ensured> => {
  const row = await findOwn(dependencies, asked)
  if (row) return (await repeatCreate(dependencies, asked)) ?? update(dependencies, asked, row)
  try {
    return await create(dependencies, asked)
  } catch (error) {
    // Another create may have been faster, so that the client is there by now.
    const made = isTaken(error) ? await findOwn(dependencies, asked) : undefined
    if (!made) throw error
    return update(dependencies, asked, made)
  }
}

const isTaken = (error: unknown): boolean => error instanceof Problem && error.code === 'client_id_taken'

const findOwn = async (
  { store }: Pick<EnsureDependencies, 'store'>,
  { clientId, actor: { principal } }: Pick<Asked, 'clientId' | 'actor'>,
): Promise<ClientRow | undefined> => {
  const row = await findTaken(store.db, clientId)
  const isOwn = row?.client_id === clientId && row.state === 'active' && mayReach(principal, row.team)
  return isOwn ? row : undefined
}

const plan = (dependencies: EnsureDependencies, { request, clientId, body, actor, ...asked }: Asked) => {
  const { config, policy } = dependencies
  request.body = toCreateBody(body, clientId)
  const others = [...asked.others, ...parseIfMatch(request).violations]
  const planned = planCreate(request, actor.principal, { config, policy: policy.current(), others })
  return { ...planned, request: toCreateRequest(dependencies, planned, actor) }
}

const create = async (dependencies: EnsureDependencies, asked: Asked): Promise<Ensured> => {
  const { choices, request } = plan(dependencies, asked)
  if (parseIfMatch(asked.request).condition !== undefined) throw absent(asked.actor.principal)
  if (asked.isDryRun)
    return { body: await dryRunCreate({ ...dependencies, log: asked.log }, choices, request) }
  const toCreate = await refuseFullTeam(dependencies.store, request)
  return { created: await runChange(inSlots(dependencies), createChange, toCreate) }
}

/** What made the client, where it was this very request whose answer got lost. */
const repeatCreate = async (dependencies: EnsureDependencies, asked: Asked): Promise<Ensured | undefined> => {
  if (asked.isDryRun || asked.request.headers['idempotency-key'] === undefined) return undefined
  const request = planRepetition(dependencies, asked)
  const created = request && (await answerRepetition(dependencies.journal, createChange, request))
  return created && { created }
}

/** Nothing where the team was left open by a caller in several: that made no client, and changes one without naming it. */
const planRepetition = (dependencies: EnsureDependencies, asked: Asked) => {
  try {
    return plan(dependencies, asked).request
  } catch (error) {
    if (error instanceof Problem && error.code === 'team_ambiguous') return undefined
    throw error
  }
}

const update = async (
  dependencies: EnsureDependencies,
  { request, body, actor, isDryRun, others, log }: Asked,
  row: ClientRow,
): Promise<Ensured> => {
  const { config, policy, newId, store } = dependencies
  const { principal } = actor
  const { retrieval } = Object(body) as EnsureWebSessionClient
  const { condition, ...wanted } = parseUpdate(request, toPatch(body), {
    ...{ config, row },
    others: [...others, ...findForbiddenRetrieval(retrieval, config.retrieval)],
  })
  if (condition !== undefined) requireMet(condition, row)
  const planned = planUpdate(wanted, { config, policy: policy.current(), principal, row })
  const toUpdate = toUpdateRequest(planned, { row, actor, newId })
  const asConflict = condition === undefined ? asBusy : asStale(store)
  if (isDryRun)
    return { body: await dryRunUpdate({ ...dependencies, log }, planned, toUpdate).catch(asConflict) }
  const { client, entityTag } = await applyUpdate(dependencies, { plan: planned, row }, toUpdate).catch(
    asConflict,
  )
  return { body: { ...client, changes: [...planned.changes] }, entityTag }
}

/** Whoever has named no state that the client must have cannot have named a wrong one. */
const asBusy = (error: unknown): never => {
  throw error instanceof Problem && error.code === 'precondition_failed' ? becameFree() : error
}
