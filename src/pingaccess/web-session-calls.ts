import type { Json } from '../pingfederate/json.ts'
import { Secret } from '../secret.ts'
import type { PingAccessCalls } from './calls.ts'
import { credentialsOf, toText } from './live.ts'

/** A web session with everything that this service does not look at, so that it is sent back as it was. */
export type WebSessionInPingAccess = {
  id: number
  name: string
  audience: string
  /** Empty where it has none. */
  clientId: string
  raw: Secret<Json>
}

/** What a delivery needs of PingAccess; every method rejects with a `PingAccessFailure`. */
export type WebSessionCalls = {
  findWebSessions: () => Promise<WebSessionInPingAccess[]>
  /** @param body without its secret */
  createWebSession: (body: Json, secret: Secret) => Promise<WebSessionInPingAccess>
  /** Replaces everything: whether PingAccess keeps what is left out is not stated. @param body without its secret */
  replaceWebSession: (id: number, body: Json, secret: Secret) => Promise<WebSessionInPingAccess>
}

const path = '/webSessions'

export const createWebSessionCalls = ({
  list,
  write,
}: Pick<PingAccessCalls, 'list' | 'write'>): WebSessionCalls => ({
  findWebSessions: () => list(path, parseWebSession),
  createWebSession: (body, secret) =>
    write({ method: 'POST', path, body: withSecret(body, secret), secrets: [secret] }, readSaved),
  replaceWebSession: (id, body, secret) =>
    write(
      { method: 'PUT', path: `${path}/${id}`, body: withSecret(body, secret), secrets: [secret] },
      readSaved,
    ),
})

/** In the place of the one that PingAccess has shown encrypted, or of none. */
const withSecret = (body: Json, secret: Secret): Json => ({
  ...body,
  clientCredentials: { ...credentialsOf(body), clientSecret: { value: secret.reveal() } },
})

const parseWebSession = (raw: Json): WebSessionInPingAccess => ({
  id: Number(raw['id']),
  name: toText(raw['name']) ?? '',
  audience: toText(raw['audience']) ?? '',
  clientId: toText(credentialsOf(raw)['clientId']) ?? '',
  raw: new Secret(raw),
})

/** An answer without an id is none of PingAccess. */
const readSaved = (body: Json): WebSessionInPingAccess | undefined => {
  const saved = parseWebSession(body)
  return Number.isInteger(saved.id) && saved.name !== '' ? saved : undefined
}
