import { isDeepStrictEqual } from 'node:util'
import type { FastifyRequest } from 'fastify'
import type { ClientRow } from '../database/schema.ts'
import { type Condition, parseIfMatch } from '../http/entity-tag.ts'
import { findSchemaViolations, refuseViolations } from '../http/validation.ts'
import type { CallbackUnder } from '../ping-access-urls/callback.ts'
import { deriveRedirectUris } from '../ping-access-urls/redirect-uris.ts'
import type { ClientSettings, NewClient } from '../pingfederate/client-settings.ts'
import { type ClientLimit, findClientLimit } from '../policy/client-limit.ts'
import { type Decision, decideSettings } from '../policy/decide.ts'
import { findPolicyDefaults } from '../policy/defaults.ts'
import { notAllowed } from '../policy/not-allowed.ts'
import type { Policy } from '../policy/team-policy.ts'
import type { Principal } from '../principal.ts'
import type { Problem, Violation } from '../problem.ts'
import { toNewClient } from './client-row.ts'
import { callbackUnderOf, chooseSettings, valuesOf } from './defaults.ts'
import { findUnfitTexts } from './plain-text.ts'
import type { CreateRules } from './plan.ts'
import { chooseTeam } from './team.ts'
import type { UpdateWebSessionClient } from './update-schema.ts'

/** One field of a client, as it is and as it is to be. */
type FieldChange = { pointer: string; before: unknown; after: unknown }

/** What an update is going to do, before anything is asked of PingFederate. */
export type UpdatePlan = {
  /** The client as it is to be. */
  client: NewClient
  changes: readonly FieldChange[]
  /** What the policy says to what changes. */
  decisions: readonly Decision[]
  /** The answer where the policy refuses any part of it. */
  refusal: Problem | undefined
  /** Of the team that the client moves to. */
  clientLimit: ClientLimit | undefined
}

type Derived = ReturnType<typeof deriveRedirectUris>['derived']

type Given = { config: CreateRules; policy: Policy; principal: Principal; row: ClientRow }

/**
 * Every violation at once: those of `If-Match`, of the schema, of the PingAccess URLs and the texts, and others.
 * @param asked the merge patch, which may still be anything
 * @throws Problem `validation_failed`
 */
export const parseUpdate = (
  request: FastifyRequest,
  asked: UpdateWebSessionClient,
  { config, row, others = [] }: { config: CreateRules; row: ClientRow; others?: readonly Violation[] },
): { asked: UpdateWebSessionClient; derived: Derived; condition: Condition | undefined } => {
  const { condition, violations: ofCondition } = parseIfMatch(request)
  const { derived, violations } = derive(asked, config, row)
  refuseViolations([
    ...others,
    ...ofCondition,
    ...findSchemaViolations(request),
    ...violations,
    ...findUnfitTexts(asked),
  ])
  return { asked, derived, condition }
}

/** From what was sent, which may be anything, and from what the client has; nothing where neither of the two was sent. */
const derive = (
  asked: { pingAccessUrls?: unknown; callbackUnder?: unknown } | null,
  config: CreateRules,
  row: ClientRow,
): ReturnType<typeof deriveRedirectUris> => {
  if (asked?.pingAccessUrls === undefined && asked?.callbackUnder === undefined)
    return { derived: [], violations: [] }
  const { settings } = toNewClient(row)
  const urls = asked?.pingAccessUrls ?? settings.pingAccessUrls
  return deriveRedirectUris(Array.isArray(urls) ? urls : [], {
    ...config.pingAccess,
    callbackUnder: toCallbackUnder(asked, settings),
  })
}

const toCallbackUnder = (
  asked: { callbackUnder?: unknown } | null,
  current: Pick<ClientSettings, 'callbackUnder'>,
): CallbackUnder => (asked?.callbackUnder === undefined ? current.callbackUnder : callbackUnderOf(asked))

/**
 * What becomes of the client, and what the policy says to that. What was allowed once and stays as it is is not decided
 * again, unless another team gets it.
 * @throws Problem `team_not_yours`
 */
export const planUpdate = (
  { asked, derived }: { asked: UpdateWebSessionClient; derived: Derived },
  { config, policy, principal, row }: Given,
): UpdatePlan => {
  const current = toNewClient(row)
  const { clientId } = current
  const team = asked.team === undefined ? current.team : chooseTeam(principal, { clientId, team: asked.team })
  const defaults = findPolicyDefaults(policy, team, config.retrieval)
  const chosen = valuesOf(chooseSettings(toRequest(asked, current), { derived, policy: defaults }))
  const client: NewClient = {
    ...{ clientId, team },
    name: asked.name === undefined ? current.name : (asked.name ?? clientId),
    settings: { ...current.settings, ...pick(withOthers(chosen, current), toTouched(asked)) },
  }
  if (asked.enabled !== undefined) client.settings.enabled = asked.enabled
  const changes = findChanges(current, client)
  const isMoved = team !== current.team
  const changed = new Set(changes.map(({ pointer }) => pointer))
  const decisions = decideSettings(policy, team, {
    ...client.settings,
    // As they were sent, so that refusals point at them.
    scopes: asked.scopes ?? client.settings.scopes,
  }).filter(({ pointer }) => isMoved || changed.has(`/${pointer.split('/')[1]}`))
  const refused = decisions.filter(({ isAllowed }) => !isAllowed)
  return {
    ...{ client, changes, decisions },
    clientLimit: isMoved ? findClientLimit(policy, client) : undefined,
    refusal:
      refused.length > 0 ? notAllowed(refused, { ...client, changeableBy: policy.changeableBy }) : undefined,
  }
}

/** What is no callback does not follow from the PingAccess URLs. */
const withOthers = (
  chosen: ClientSettings,
  { settings: { otherRedirectUris } }: NewClient,
): ClientSettings => ({
  ...chosen,
  redirectUris: [...new Set([...chosen.redirectUris, ...otherRedirectUris])],
})

/** The request of a create that would get these values; null is what it leaves out. */
const toRequest = (asked: UpdateWebSessionClient, { settings }: NewClient) => {
  const { enabled, ...others } = asked
  const sent = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null))
  return { pingAccessUrls: [], ...sent, callbackUnder: toCallbackUnder(asked, settings) }
}

/** The settings that follow from each field of the request, beside the one of its name. */
const followers: Partial<Record<keyof UpdateWebSessionClient, (keyof ClientSettings)[]>> = {
  pingAccessUrls: ['redirectUris'],
  callbackUnder: ['redirectUris'],
  refreshTokens: ['grantTypes'],
}

const toTouched = (asked: UpdateWebSessionClient): string[] =>
  Object.keys(asked).flatMap(name => [name, ...(followers[name as keyof UpdateWebSessionClient] ?? [])])

/** Of the settings those of these names, among which may be some that are none. */
const pick = (settings: ClientSettings, names: readonly string[]): Partial<ClientSettings> =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)))

const findChanges = (before: NewClient, after: NewClient): FieldChange[] => {
  const [from, to] = [before, after].map(({ clientId, settings, ...others }) => ({ ...others, ...settings }))
  return Object.entries(to ?? {})
    .map(([name, value]) => ({
      pointer: `/${name}`,
      before: from?.[name as keyof typeof from],
      after: value,
    }))
    .filter(change => !isDeepStrictEqual(change.before, change.after))
}
