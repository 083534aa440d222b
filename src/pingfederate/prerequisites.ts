import { PingFederateFailure } from './failure.ts'
import { isJson, type Json, parseReference, toTexts } from './json.ts'
import type { Answer } from './parse-answer.ts'
import type { CallPingFederate } from './transport.ts'

/** What a login needs besides the client, and an administrator sets up once. Undefined is what could not be read. */
export type Prerequisites = {
  scopes: { common: string[]; exclusive: string[] } | undefined
  isTrackingSessions: boolean | undefined
  accessTokenManagers: string[] | undefined
  /** null where there is none. */
  defaultAccessTokenManager: string | null | undefined
  oidcPolicies: string[] | undefined
  defaultOidcPolicy: string | null | undefined
  /** What could not be read, and why. */
  failures: { path: string; error: unknown }[]
}

const paths = {
  server: '/oauth/authServerSettings',
  managers: '/oauth/accessTokenManagers',
  managerSettings: '/oauth/accessTokenManagers/settings',
  policies: '/oauth/openIdConnect/policies',
  policySettings: '/oauth/openIdConnect/settings',
}

/** Asks for all of them at the same time; what cannot be read stays undefined, and nothing is thrown for it. */
export const readPrerequisites = async (call: CallPingFederate): Promise<Prerequisites> => {
  const failures: Prerequisites['failures'] = []
  const read = async (path: string): Promise<Json | undefined> => {
    try {
      return await call({ operation: 'get_prerequisites', method: 'GET', path, read: readJson })
    } catch (error) {
      failures.push({ path, error })
      return undefined
    }
  }
  const [server, managers, managerSettings, policies, policySettings] = await Promise.all([
    read(paths.server),
    read(paths.managers),
    read(paths.managerSettings),
    read(paths.policies),
    read(paths.policySettings),
  ])
  return {
    scopes: server && parseScopes(server),
    isTrackingSessions: parseTracking(server) ?? parseTracking(policySettings?.['sessionSettings']),
    accessTokenManagers: managers && textsOf(managers['items'], 'id'),
    defaultAccessTokenManager:
      managerSettings && parseReference(managerSettings['defaultAccessTokenManagerRef']),
    oidcPolicies: policies && textsOf(policies['items'], 'id'),
    defaultOidcPolicy: policySettings && parseReference(policySettings['defaultPolicyRef']),
    failures,
  }
}

/** Any object. @throws PingFederateFailure `unexpected` */
export const readJson = ({ status, body }: Answer): Json => {
  if (status === 200 && isJson(body)) return body
  throw new PingFederateFailure('unexpected', { status })
}

/** A group is given to a client by its name, like a scope. */
const parseScopes = ({ scopes, scopeGroups, exclusiveScopes, exclusiveScopeGroups }: Json) => ({
  common: [...textsOf(scopes, 'name'), ...textsOf(scopeGroups, 'name')],
  exclusive: [...textsOf(exclusiveScopes, 'name'), ...textsOf(exclusiveScopeGroups, 'name')],
})

const textsOf = (list: unknown, field: string): string[] =>
  toTexts((Array.isArray(list) ? list : []).map(each => (isJson(each) ? each[field] : undefined)))

/** The server's setting; earlier versions keep it in the session settings of OpenID Connect. */
const parseTracking = (settings: unknown): boolean | undefined => {
  const value = isJson(settings) ? settings['trackUserSessionsForLogout'] : undefined
  return typeof value === 'boolean' ? value : undefined
}
