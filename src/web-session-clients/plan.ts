import type { FastifyRequest } from 'fastify'
import { parseIdempotencyKey } from '../http/idempotency-key.ts'
import { findSchemaViolations, refuseViolations } from '../http/validation.ts'
import { deriveRedirectUris } from '../ping-access-urls/redirect-uris.ts'
import type { PingAccessUrlRules } from '../ping-access-urls/url.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { type ClientLimit, findClientLimit } from '../policy/client-limit.ts'
import { type Decision, decide } from '../policy/decide.ts'
import { findPolicyDefaults, permitsRedeemer, type RetrievalConfig } from '../policy/defaults.ts'
import { notAllowed } from '../policy/not-allowed.ts'
import type { Policy } from '../policy/team-policy.ts'
import type { Principal } from '../principal.ts'
import type { Problem, Violation } from '../problem.ts'
import type { Secret } from '../secret.ts'
import {
  applyDefaults,
  type Choices,
  callbackUnderOf,
  type RetrievalSettings,
  toNewClient,
  valuesOf,
} from './defaults.ts'
import { findUnfitTexts } from './plain-text.ts'
import type { CreateWebSessionClient } from './schema.ts'
import { chooseTeam } from './team.ts'

/** What a create is going to do, before anything is chosen by chance or asked of PingFederate. */
export type CreatePlan = {
  body: CreateWebSessionClient
  /** What the caller repeats the request under. */
  key: Secret | undefined
  choices: Choices
  client: NewClient
  retrieval: RetrievalSettings
  /** What the policy says to it. */
  decisions: readonly Decision[]
  /** The answer where the policy refuses any part of it. */
  refusal: Problem | undefined
  clientLimit: ClientLimit | undefined
}

/** What holds for all creates of this installation. */
export type CreateRules = {
  pingAccess: PingAccessUrlRules
  retrieval: RetrievalConfig
}

/**
 * The way of every create, dry run or not: validation, owner, defaults, policy. What the policy refuses is told and not
 * thrown, because a repetition under an idempotency key is answered as the first time, whatever the policy says by now.
 * @param others violations that were found already
 * @throws Problem `validation_failed`, `no_team`, `team_not_yours`, `team_ambiguous`
 */
export const planCreate = (
  request: FastifyRequest,
  principal: Principal,
  { config, policy, others = [] }: { config: CreateRules; policy: Policy; others?: readonly Violation[] },
): CreatePlan => {
  const { body, derived, key } = parseRequest(request, config, others)
  const team = chooseTeam(principal, body)
  const choices = applyDefaults(body, {
    team,
    derived,
    retrieval: config.retrieval,
    policy: findPolicyDefaults(policy, team, config.retrieval),
  })
  const client = toNewClient(choices)
  const retrieval = valuesOf(choices.retrieval)
  const decisions = decide(policy, team, {
    ...client.settings,
    ...retrieval,
    // As they were sent, so that refusals point at them.
    scopes: body.scopes ?? client.settings.scopes,
  })
  const refused = decisions.filter(({ isAllowed }) => !isAllowed)
  return {
    body,
    key,
    choices,
    client,
    retrieval,
    decisions,
    clientLimit: findClientLimit(policy, client),
    refusal:
      refused.length > 0 ? notAllowed(refused, { ...client, changeableBy: policy.changeableBy }) : undefined,
  }
}

/** Every violation at once: those of the idempotency key, of the schema, of the PingAccess URLs and the texts, and of what this installation permits. */
const parseRequest = (request: FastifyRequest, config: CreateRules, others: readonly Violation[]) => {
  const body = request.body as CreateWebSessionClient
  const urls: unknown = (body as Partial<CreateWebSessionClient> | null)?.pingAccessUrls
  const { derived, violations } = deriveRedirectUris(Array.isArray(urls) ? urls : [], {
    ...config.pingAccess,
    callbackUnder: callbackUnderOf(body),
  })
  const { key, violations: keyViolations } = parseIdempotencyKey(request)
  refuseViolations([
    ...others,
    ...keyViolations,
    ...findSchemaViolations(request),
    ...violations,
    ...findUnfitTexts(body),
    ...findForbiddenRetrieval(body?.retrieval, config.retrieval),
    ...(body?.retrieval && body.webSession ? [eitherWay] : []),
  ])
  return { body, derived, key }
}

const eitherWay: Violation = {
  in: 'body',
  pointer: '/retrieval',
  rule: 'no_token_for_web_session',
  detail: 'With webSession the secret goes straight into PingAccess, and there is no token for it.',
  fix: 'Leave out one of the two.',
}

/** What this installation permits nobody in the hand-out of a secret. */
export const findForbiddenRetrieval = (
  asked: CreateWebSessionClient['retrieval'],
  rules: RetrievalConfig,
): Violation[] => {
  const { ttlSeconds, redeemableBy } = { ...asked }
  return [
    ...(typeof ttlSeconds === 'number' && ttlSeconds > rules.ttlMaxSeconds
      ? [tooLong(ttlSeconds, rules.ttlMaxSeconds)]
      : []),
    ...(redeemableBy && !permitsRedeemer(rules, redeemableBy) ? [bearerForbidden] : []),
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
