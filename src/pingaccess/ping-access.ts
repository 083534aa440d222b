import { createAccount } from '../pingfederate/account.ts'
import type { AdminApiConfig } from '../pingfederate/config.ts'
import { type FailureKind, PingFederateFailure } from '../pingfederate/failure.ts'
import { createIdentity, type Identity } from '../pingfederate/identity.ts'
import { isJson, type Json, toTexts } from '../pingfederate/json.ts'
import { bodyOf } from '../pingfederate/parse-answer.ts'
import { type AdminApi, type ApiCall, createTransport } from '../pingfederate/transport.ts'
import { scopesOfPingAccess } from './web-session.ts'

/** A web session as PingAccess has it; what it does not say is PingAccess's default. */
type LiveWebSession = {
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

type LiveApplication = {
  id: number
  name: string
  contextRoot: string
  deployReservedResources: boolean
  virtualHostIds: number[]
  /** null where it has none. */
  webSessionId: number | null
}

type LiveVirtualHost = { id: number; host: string; port: number }

type LiveTokenProvider = {
  /** null until it is set. */
  issuer: string | null
  useSlo: boolean
}

/** PingAccess's administrative API as far as this service uses it. Every method rejects with {@link PingAccessFailure}. */
export type PingAccess = {
  listWebSessions: () => Promise<LiveWebSession[]>
  listApplications: () => Promise<LiveApplication[]>
  listVirtualHosts: () => Promise<LiveVirtualHost[]>
  getReservedContextRoot: () => Promise<string>
  getTokenProvider: () => Promise<LiveTokenProvider>
  getVersion: () => Promise<string>
  close: () => Promise<void>
}

/** Why a call to PingAccess failed; the kinds are those of PingFederate. */
class PingAccessFailure extends Error {
  readonly kind: FailureKind
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** Error code of Node.js or undici, for the log. */
  readonly code: string | undefined

  constructor({ kind, status, code, cause }: PingFederateFailure) {
    super(status === undefined ? `PingAccess: ${kind}` : `PingAccess: ${kind} (${status})`, { cause })
    this.name = 'PingAccessFailure'
    this.kind = kind
    this.status = status
    this.code = code
  }
}

const api: AdminApi = {
  path: '/pa-admin-api/v3',
  xsrfHeader: 'PingAccess',
  // Errors have texts in general (flash), and by field (form).
  isOwnError: body => isJson(body) && Array.isArray(body['flash']),
  // Lists come whole: some thousand applications.
  maxResponseBytes: 16 * 1024 * 1024,
}

/** How long credentials that PingAccess refused are left alone, in milliseconds, unless their file changes. */
const credentialsPauseMs = 90_000

type Options = {
  now: () => number
  onReread: Parameters<typeof createIdentity>[1]['onReread']
  /** Told when PingAccess begins to refuse the credentials, and when it accepts them again. */
  onCredentials: (isAccepted: boolean, failure?: unknown) => void
}

export const createPingAccess = (
  config: AdminApiConfig,
  { now, onReread, onCredentials }: Options,
): PingAccess => {
  const identity: Identity = createIdentity(config, { now, onReread })
  const transport = createTransport(config, { identity, now, api })
  const account = createAccount({ identity, now, pauseMs: credentialsPauseMs, onChange: onCredentials })

  const send = async <T>(call: ApiCall<T>): Promise<T> => {
    const refusal = await account.findRefusal(false)
    if (refusal) throw refusal
    return account.use(() => transport.call(call), false)
  }
  /** @throws PingAccessFailure `unexpected` as well where there is no such thing */
  const get = async <T>(path: string, parse: (body: Json) => T | undefined): Promise<T> => {
    const read: ApiCall<T>['read'] = answer => {
      const body = bodyOf(answer, 200)
      const found = isJson(body) ? parse(body) : undefined
      if (found === undefined) throw new PingFederateFailure('unexpected', { status: answer.status })
      return found
    }
    return send({ method: 'GET', path, read }).catch(error => {
      throw error instanceof PingFederateFailure ? new PingAccessFailure(error) : error
    })
  }
  const list = <T>(path: string, parse: (item: Json) => T): Promise<T[]> =>
    get(path, ({ items }) => (Array.isArray(items) ? items.filter(isJson).map(parse) : undefined))
  return {
    listWebSessions: () => list('/webSessions', parseWebSession),
    listApplications: () => list('/applications', parseApplication),
    listVirtualHosts: () => list('/virtualhosts', parseVirtualHost),
    getReservedContextRoot: () => get('/applications/reserved', body => toText(body['contextRoot'])),
    getTokenProvider: () => get('/pingfederate/runtime', parseTokenProvider),
    getVersion: () => get('/version', body => toText(body['version'])),
    close: transport.close,
  }
}

const toText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const parseWebSession = (item: Json): LiveWebSession => {
  const { clientCredentials } = item
  const { clientId, credentialsType } = isJson(clientCredentials) ? clientCredentials : {}
  return {
    id: Number(item['id']),
    name: String(item['name']),
    clientId: toText(clientId) ?? '',
    credentialsType: toText(credentialsType) ?? 'SECRET',
    oidcLoginType: toText(item['oidcLoginType']) ?? 'Code',
    scopes: Array.isArray(item['scopes']) ? toTexts(item['scopes']) : scopesOfPingAccess,
    pkceChallengeType: toText(item['pkceChallengeType']) ?? null,
    enablePushAuthorization: item['enablePushAuthorization'] === true,
    validateSessionIsAlive: item['validateSessionIsAlive'] === true,
  }
}

const parseApplication = (item: Json): LiveApplication => {
  const { virtualHostIds, webSessionId } = item
  return {
    id: Number(item['id']),
    name: String(item['name']),
    contextRoot: String(item['contextRoot']),
    deployReservedResources: item['deployReservedResources'] === true,
    virtualHostIds: (Array.isArray(virtualHostIds) ? virtualHostIds : []).map(Number),
    // It has 0 for none, too.
    webSessionId: typeof webSessionId === 'number' && webSessionId > 0 ? webSessionId : null,
  }
}

const parseVirtualHost = ({ id, host, port }: Json): LiveVirtualHost => ({
  id: Number(id),
  host: String(host),
  port: Number(port),
})

const parseTokenProvider = ({ issuer, useSlo }: Json): LiveTokenProvider => ({
  issuer: toText(issuer) ?? null,
  useSlo: useSlo === true,
})
