import type { FastifyRequest } from 'fastify'
import type { ClientRow } from '../database/schema.ts'
import { parseIdempotencyKey } from '../http/idempotency-key.ts'
import { findSchemaViolations, presentable, refuseViolations } from '../http/validation.ts'
import { type Decision, decideRetrieval } from '../policy/decide.ts'
import { findPolicyDefaults, type RetrievalConfig } from '../policy/defaults.ts'
import { notAllowed } from '../policy/not-allowed.ts'
import type { Policy } from '../policy/team-policy.ts'
import { Problem } from '../problem.ts'
import type { Secret } from '../secret.ts'
import { type Choices, chooseRetrieval, type RetrievalSettings, valuesOf } from './defaults.ts'
import { findForbiddenRetrieval } from './plan.ts'
import { type OverlapRules, toShortest } from './rotation-overlap.ts'
import type { RotateSecret } from './rotation-schema.ts'

/** What holds for all rotations of this installation. */
export type RotationRules = { retrieval: RetrievalConfig; rotation: Readonly<{ overlapMinutes: number }> }

/**
 * Every violation at once: those of the idempotency key, of the schema, and of what this installation permits.
 * @throws Problem `validation_failed`
 */
export const parseRotation = (
  request: FastifyRequest,
  { retrieval }: Pick<RotationRules, 'retrieval'>,
): { body: RotateSecret; key: Secret | undefined } => {
  const body = request.body as RotateSecret
  const { key, violations } = parseIdempotencyKey(request)
  refuseViolations([
    ...violations,
    ...findSchemaViolations(request),
    ...findForbiddenRetrieval((body as RotateSecret | null)?.retrieval, retrieval),
  ])
  return { body, key }
}

/** What a rotation is going to do, before anything is chosen by chance or asked of PingFederate. */
export type RotationPlan = {
  choices: Choices['retrieval']
  retrieval: RetrievalSettings
  overlap: OverlapRules
  /** What the policy says to it. */
  decisions: readonly Decision[]
  /** The answer where the policy refuses it, or the overlap is too short. */
  refusal: Problem | undefined
}

type Given = { config: RotationRules; policy: Policy; client: Pick<ClientRow, 'client_id' | 'team'> }

/**
 * Defaults, policy and overlap. What they refuse is told and not thrown, because a repetition under an idempotency key is
 * answered as the first time, whatever policy and defaults say by now.
 */
export const planRotation = (
  body: RotateSecret,
  { config, policy, client: { team, client_id: clientId } }: Given,
): RotationPlan => {
  const choices = chooseRetrieval(body.retrieval, {
    retrieval: config.retrieval,
    policy: findPolicyDefaults(policy, team, config.retrieval),
  })
  const retrieval = valuesOf(choices)
  const overlap = {
    asked: body.overlapMinutes,
    configuredMinutes: config.rotation.overlapMinutes,
    ttlSeconds: retrieval.ttlSeconds,
  }
  const decisions = decideRetrieval(policy, team, retrieval)
  const refused = decisions.filter(({ isAllowed }) => !isAllowed)
  const refusal =
    refused.length > 0
      ? notAllowed(refused, { team, clientId, changeableBy: policy.changeableBy })
      : refuseTooShort(overlap)
  return { choices, retrieval, overlap, decisions, refusal }
}

/** Whoever redeems the new token in its last second must find the former secret alive, or there is an outage. */
const refuseTooShort = ({ asked, ttlSeconds }: OverlapRules): Problem | undefined => {
  const shortest = toShortest(ttlSeconds)
  if (!asked || asked >= shortest) return undefined
  return new Problem('validation_failed', 'One rule is broken; nothing was changed.', {
    violations: [
      {
        in: 'body',
        pointer: '/overlapMinutes',
        rule: 'overlap_minimum',
        value: presentable(asked),
        detail: `The former secret would end before the new retrieval token, which lives ${ttlSeconds} seconds.`,
        fix: `Send at least ${shortest}, or 0 to end the former secret at once, or a shorter /retrieval/ttlSeconds.`,
      },
    ],
  })
}
