import { isJson, type Json, toTexts } from '../pingfederate/json.ts'
import { scopesOfPingAccess } from './web-session.ts'

/** A web session as PingAccess has it; what it does not say is PingAccess's default. */
export type LiveWebSession = {
  id: number
  name: string
  clientId: string
  credentialsType: string
  oidcLoginType: string
  scopes: string[]
  pkceChallengeType: string | null
  enablePushAuthorization: boolean
  validateSessionIsAlive: boolean
}

export type LiveApplication = {
  id: number
  name: string
  contextRoot: string
  deployReservedResources: boolean
  virtualHostIds: number[]
  /** null where it has none. */
  webSessionId: number | null
  /** Those of every kind of access. */
  identityMappingIds: number[]
}

export type LiveVirtualHost = { id: number; host: string; port: number }

export type LiveTokenProvider = {
  /** null until it is set. */
  issuer: string | null
  useSlo: boolean
}

export const toText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** As whom a web session signs in; an empty object where it does not say. */
export const credentialsOf = ({ clientCredentials }: Json): Json =>
  isJson(clientCredentials) ? clientCredentials : {}

/** The scopes that a web session asks for, `openid` aside. */
export const scopesOf = ({ scopes }: Json): string[] =>
  Array.isArray(scopes) ? toTexts(scopes) : scopesOfPingAccess

export const parseWebSession = (item: Json): LiveWebSession => {
  const { clientId, credentialsType } = credentialsOf(item)
  return {
    id: Number(item['id']),
    name: String(item['name']),
    clientId: toText(clientId) ?? '',
    credentialsType: toText(credentialsType) ?? 'SECRET',
    oidcLoginType: toText(item['oidcLoginType']) ?? 'Code',
    scopes: scopesOf(item),
    pkceChallengeType: toText(item['pkceChallengeType']) ?? null,
    enablePushAuthorization: item['enablePushAuthorization'] === true,
    validateSessionIsAlive: item['validateSessionIsAlive'] === true,
  }
}

export const parseApplication = (item: Json): LiveApplication => {
  const { virtualHostIds, webSessionId, identityMappingIds } = item
  return {
    id: Number(item['id']),
    name: String(item['name']),
    contextRoot: String(item['contextRoot']),
    deployReservedResources: item['deployReservedResources'] === true,
    virtualHostIds: (Array.isArray(virtualHostIds) ? virtualHostIds : []).map(Number),
    // It has 0 for none, too.
    webSessionId: typeof webSessionId === 'number' && webSessionId > 0 ? webSessionId : null,
    identityMappingIds: Object.values(isJson(identityMappingIds) ? identityMappingIds : {}).map(Number),
  }
}

export const parseVirtualHost = ({ id, host, port }: Json): LiveVirtualHost => ({
  id: Number(id),
  host: String(host),
  port: Number(port),
})

export const parseTokenProvider = ({ issuer, useSlo }: Json): LiveTokenProvider => ({
  issuer: toText(issuer) ?? null,
  useSlo: useSlo === true,
})
