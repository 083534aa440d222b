import { presentable } from '../http/validation.ts'
import { Problem, type Violation } from '../problem.ts'
import { type Decision, type DecisionKind, rulesOf } from './decide.ts'

type Where = { team: string; clientId: string; changeableBy: string | null }

/** The answer to a request that the policy refuses: every refused part with its rule, and who may change that. */
export const notAllowed = (refused: readonly Decision[], where: Where): Problem => {
  const what = refused.length === 1 ? 'One part' : `${refused.length} parts`
  return new Problem(
    'not_allowed_by_policy',
    `${what} of the request ${refused.length === 1 ? 'is' : 'are'} not allowed to team ${where.team}; nothing was changed. ${askedOf(where)} may change the policy.`,
    {
      violations: refused.map(decision => toViolation(decision, where)),
      about: { team: where.team, clientId: where.clientId, rule: rulesOf(refused) },
    },
  )
}

const askedOf = ({ changeableBy }: Where): string => changeableBy ?? 'The operator of this service'

/** What is decided about, in the words of the answer. */
const subjects: Record<DecisionKind, { one: string; many: string }> = {
  allowed_hosts: { one: 'The host', many: 'hosts' },
  allowed_ports: { one: 'The port', many: 'ports' },
  allowed_context_roots: { one: 'The context root', many: 'context roots' },
  allowed_scopes: { one: 'The scope', many: 'scopes' },
  allowed_oidc_policies: { one: 'The OpenID Connect policy', many: 'OpenID Connect policies' },
  allowed_access_token_managers: { one: 'The access token manager', many: 'access token managers' },
  allowed_redeemers: { one: 'This way to redeem', many: 'ways to redeem' },
  retrieval_ttl_bounds: { one: 'The life of the retrieval token', many: 'lives of a retrieval token' },
  clients_per_team: { one: 'One more client', many: 'clients' },
}

const toViolation = ({ kind, rule, pointer, value, allowed }: Decision, where: Where): Violation => {
  const { one, many } = subjects[kind]
  const shown = presentable(value)
  return {
    in: 'body',
    pointer,
    rule: kind,
    ...(shown !== undefined && { value: shown }),
    detail: `${one} is not allowed to team ${where.team}.`,
    fix: toFix(many, allowed, where),
    ...(rule !== null && { policyRule: rule }),
    changeableBy: askedOf(where),
  }
}

/** More would be a wall of text. */
const maxListed = 20

const toFix = (many: string, allowed: Decision['allowed'], where: Where): string => {
  const listed = allowed === 'any' ? [] : allowed.slice(0, maxListed)
  if (listed.length === 0) return `Ask ${askedOf(where)}: the policy allows team ${where.team} no ${many}.`
  const rest = allowed.length > maxListed ? ` and ${allowed.length - maxListed} more` : ''
  return `Allowed ${many}: ${listed.join(', ')}${rest}. For anything else ask ${askedOf(where)}.`
}
