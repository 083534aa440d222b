import type { Secret } from '../secret.ts'
import type { NewClient } from './client-settings.ts'
import { PingFederateFailure } from './failure.ts'

/** Marks a client as made by one operation of this service; the id is unique, so finding it proves whose client it is. */
const marker = (operationId: string): string => `[web-session-clients ${operationId}]`

/** What an answer says of a client, as far as this service relies on it. */
export type ClientInPingFederate = { clientId: string; description: string; savedAt: string | null }

const markerAtTheEnd = /\[web-session-clients ([0-9a-f-]{36})\]$/

/** The operation that made PingFederate's client; undefined when this service did not. */
export const findMaker = ({ description }: ClientInPingFederate): string | undefined =>
  markerAtTheEnd.exec(description)?.[1]

const grantTypes = { authorization_code: 'AUTHORIZATION_CODE', refresh_token: 'REFRESH_TOKEN' } as const

/** `logoutMode` replaced `pingAccessLogoutCapable` in this version; both are sent where both exist. */
const logoutModeSince = [11, 3] as const

const hasLogoutMode = ([major = 0, minor = 0]: readonly number[]): boolean =>
  major > logoutModeSince[0] || (major === logoutModeSince[0] && minor >= logoutModeSince[1])

type ToSend = { client: NewClient; secret: Secret; operationId: string; version: readonly number[] }

/**
 * The body of `POST /oauth/clients` and of `PUT /oauth/clients/{id}`: the manual's six fields and the description, and
 * beyond them only what was asked for, because newer fields come and go between versions 11.3 and 13.1.
 */
export const toPingFederateClient = ({ client, secret, operationId, version }: ToSend) => {
  const { clientId, name, settings } = client
  return {
    clientId,
    name,
    description: [settings.description ?? `Web session client of ${client.team}`, marker(operationId)].join(
      ' ',
    ),
    clientAuth: { type: 'SECRET', secret: secret.reveal() },
    redirectUris: settings.redirectUris,
    bypassApprovalPage: settings.bypassAuthorizationApproval,
    grantTypes: settings.grantTypes.map(grantType => grantTypes[grantType]),
    ...(settings.scopes && { restrictScopes: true, restrictedScopes: settings.scopes }),
    ...(settings.requirePkce && { requireProofKeyForCodeExchange: true }),
    ...(settings.accessTokenManager && { defaultAccessTokenManagerRef: { id: settings.accessTokenManager } }),
    ...toOidcPolicy(settings, version),
  }
}

const toOidcPolicy = ({ logout, oidcPolicy }: NewClient['settings'], version: readonly number[]) => {
  if (logout === 'none' && !oidcPolicy) return {}
  return {
    oidcPolicy: {
      ...(oidcPolicy && { policyGroup: { id: oidcPolicy } }),
      ...(logout === 'pingaccess' && {
        pingAccessLogoutCapable: true,
        ...(hasLogoutMode(version) && { logoutMode: 'PING_FRONT_CHANNEL' }),
      }),
    },
  }
}

/** Reads a page of clients; what is no client counts as one without an id, so that a full page stays full. */
export const parseClients = (body: unknown): ClientInPingFederate[] => {
  const { items } = (body ?? {}) as { items?: unknown }
  if (!Array.isArray(items)) throw new PingFederateFailure('unexpected', { status: 200 })
  return items.map(item => parseClient(item) ?? { clientId: '', description: '', savedAt: null })
}

/** Reads a client leniently: of about 50 fields only these matter here. Undefined when it is no client at all. */
export const parseClient = (body: unknown): ClientInPingFederate | undefined => {
  if (typeof body !== 'object' || body === null) return undefined
  const { clientId, description, modificationDate } = body as Record<string, unknown>
  if (typeof clientId !== 'string') return undefined
  return {
    clientId,
    description: typeof description === 'string' ? description : '',
    savedAt: typeof modificationDate === 'string' ? modificationDate : null,
  }
}
