import { presentable } from '../http/validation.ts'
import type { ClientSettings } from '../pingfederate/client-settings.ts'
import type { Prerequisites } from '../pingfederate/prerequisites.ts'
import type { Violation } from '../problem.ts'
import type { DryRunWarning } from './dry-run-schema.ts'

/** `violations`: PingFederate would refuse the client. `warnings`: it would accept it, but something fails later. */
export type Preflight = { violations: Violation[]; warnings: DryRunWarning[] }

type Found = Preflight & { unread: string[] }

/** What a client needs of what administrators have set up. */
type Needs = Pick<ClientSettings, 'accessTokenManager' | 'oidcPolicy' | 'scopes' | 'logout'>

/** Checks a client's settings against what PingFederate's administrators have set up. */
export const preflight = (settings: Needs, prerequisites: Prerequisites): Preflight => {
  const found = [
    checkAccessTokenManager(settings, prerequisites),
    checkOidcPolicy(settings, prerequisites),
    checkScopes(settings, prerequisites),
    checkLogout(settings, prerequisites),
  ]
  const unread = found.flatMap(each => each.unread)
  return {
    violations: found.flatMap(({ violations }) => violations),
    warnings: [
      ...found.flatMap(({ warnings }) => warnings),
      ...(unread.length > 0 ? [incomplete(unread)] : []),
    ],
  }
}

const nothing: Found = { violations: [], warnings: [], unread: [] }

const unread = (what: string): Found => ({ ...nothing, unread: [what] })

const warning = (warnings: DryRunWarning | undefined): Found => ({
  ...nothing,
  warnings: warnings ? [warnings] : [],
})

const checkAccessTokenManager = (settings: Needs, known: Prerequisites): Found => {
  const { accessTokenManager } = settings
  if (accessTokenManager !== null)
    return checkReference(
      '/accessTokenManager',
      'access token manager',
      accessTokenManager,
      known.accessTokenManagers,
    )
  if (known.defaultAccessTokenManager === undefined) return unread('the default access token manager')
  return warning(known.defaultAccessTokenManager === null ? noDefaultAccessTokenManager : undefined)
}

const checkOidcPolicy = ({ oidcPolicy }: Needs, known: Prerequisites): Found => {
  if (oidcPolicy !== null)
    return checkReference('/oidcPolicy', 'OpenID Connect policy', oidcPolicy, known.oidcPolicies)
  if (known.defaultOidcPolicy === undefined) return unread('the default OpenID Connect policy')
  return warning(known.defaultOidcPolicy === null ? noDefaultOidcPolicy : undefined)
}

const checkReference = (pointer: string, what: string, id: string, known: string[] | undefined): Found => {
  if (known === undefined) return unread(`whether the ${what} exists`)
  if (known.includes(id)) return nothing
  return { ...nothing, violations: [refused(pointer, id, `PingFederate has no ${what} of this id.`)] }
}

/** PingFederate lets every client have it, whether or not an administrator has listed it. */
const openid = 'openid'

/** Scopes that a PingAccess web session asks for, beside `openid`, unless its administrator has set others. */
const usualScopes = ['profile', 'email', 'address', 'phone']

const checkScopes = ({ scopes }: Needs, { scopes: known }: Prerequisites): Found => {
  if (known === undefined) return unread('the scopes')
  if (scopes === null) {
    const missing = usualScopes.filter(scope => !known.common.includes(scope))
    return warning(missing.length > 0 ? usualScopesMissing(missing) : undefined)
  }
  const exclusive = scopes.filter(scope => known.exclusive.includes(scope))
  const isKnown = (scope: string) =>
    scope === openid || known.common.includes(scope) || exclusive.includes(scope)
  return {
    ...warning(exclusive.length > 0 ? exclusiveScopes(exclusive) : undefined),
    violations: scopes
      .filter(scope => !isKnown(scope))
      .map(scope => refused('/scopes', scope, 'PingFederate has no scope of this name.')),
  }
}

const checkLogout = ({ logout }: Needs, { isTrackingSessions }: Prerequisites): Found => {
  if (logout === 'none') return nothing
  if (isTrackingSessions === undefined) return unread('whether sessions are tracked for logout')
  return warning(isTrackingSessions ? undefined : sessionsNotTracked)
}

/** Has the same rule and pointer as PingFederate's own refusal of a create. */
const refused = (pointer: string, id: string, detail: string): Violation => {
  const value = presentable(id)
  return {
    in: 'body',
    pointer,
    rule: 'pingfederate',
    ...(value !== undefined && { value }),
    detail,
    fix: 'Correct the value, or ask the PingFederate administrator what is set up there.',
  }
}

const byAdministrator = { fixedBy: 'pingfederate_administrator' } as const

const noDefaultAccessTokenManager: DryRunWarning = {
  code: 'no_default_access_token_manager',
  pointer: '/accessTokenManager',
  when: 'first_login',
  detail: 'PingFederate has no default access token manager, so it cannot issue the tokens of a login.',
  ...byAdministrator,
  fix: 'Set a default under Applications, OAuth, Access Token Management; or send accessTokenManager.',
}

const noDefaultOidcPolicy: DryRunWarning = {
  code: 'no_default_oidc_policy',
  pointer: '/oidcPolicy',
  when: 'first_login',
  detail: 'PingFederate has no default OpenID Connect policy, so it cannot issue the id token of a login.',
  ...byAdministrator,
  fix: 'Set a default under Applications, OAuth, OpenID Connect Policy Management; or send oidcPolicy.',
}

const usualScopesMissing = (missing: string[]): DryRunWarning => ({
  code: 'scopes_unknown',
  pointer: '/scopes',
  when: 'first_login',
  detail: `PingFederate does not know ${missing.join(', ')}, which a PingAccess web session asks for unless it is set up otherwise.`,
  ...byAdministrator,
  fix: 'Add them under System, OAuth Settings, Scope Management; or set other scopes in the web session.',
})

const exclusiveScopes = (scopes: string[]): DryRunWarning => ({
  code: 'scopes_exclusive',
  pointer: '/scopes',
  when: 'create',
  detail: `PingFederate keeps ${scopes.map(scope => presentable(scope)).join(', ')} for clients that an administrator chooses, and may refuse this one.`,
  ...byAdministrator,
  fix: 'Leave them out; or make them common under System, OAuth Settings, Scope Management.',
})

const sessionsNotTracked: DryRunWarning = {
  code: 'sessions_not_tracked',
  pointer: '/logout',
  when: 'logout',
  detail:
    'PingFederate does not track sessions for logout, so a single logout does not end the PingAccess session.',
  ...byAdministrator,
  fix: 'Turn on Track User Sessions for Logout under System, OAuth Settings, Authorization Server Settings.',
}

/** Warns of a client that is saved and that nobody publishes to the engines. */
export const notPublished: DryRunWarning = {
  code: 'not_published',
  pointer: '',
  when: 'first_login',
  detail:
    'PingFederate is a cluster, and its engines know the client only once an administrator publishes it.',
  ...byAdministrator,
  fix: 'Publish under System, Server, Cluster Management; or the operator sets PINGFEDERATE_REPLICATION=trigger.',
}

const incomplete = (what: string[]): DryRunWarning => ({
  code: 'preflight_incomplete',
  pointer: '',
  when: 'first_login',
  detail: `PingFederate could not be asked for ${what.join(', ')}, so nothing is known about that.`,
  fixedBy: 'operator',
  fix: 'Send the dry run again; the operator finds the reason in the log under this request.',
})
