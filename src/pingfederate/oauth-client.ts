import { Secret } from '../secret.ts'
import { withSettings } from './client-fields.ts'
import type { NewClient } from './client-settings.ts'
import { PingFederateFailure } from './failure.ts'
import { isJson, type Json } from './json.ts'
import { findMarker } from './marker.ts'

/** What an answer says of a client, as far as this service relies on it. */
export type ClientInPingFederate = {
  clientId: string
  description: string
  savedAt: string | null
  /** Whether it says that it was handed to the engines when it was saved. */
  isReplicated: boolean
  /** All of it, since a PUT has to send back what is not managed here. A secret, because the encrypted client secret is in it. */
  raw: Secret<Json>
}

/** The operation that made PingFederate's client; undefined when this service did not. */
export const findMaker = ({ description }: Pick<ClientInPingFederate, 'description'>): string | undefined =>
  findMarker(description)

type ToSend = { client: NewClient; secret: Secret; operationId: string; version: readonly number[] }

/** The body of `POST /oauth/clients` and of `PUT /oauth/clients/{id}`, its fields in the order of the manual's steps. */
export const toPingFederateClient = ({ client, secret, ...written }: ToSend): Json => {
  const { name, description, ...others } = withSettings({}, client, written)
  return {
    clientId: client.clientId,
    name,
    description,
    clientAuth: { type: 'SECRET', secret: secret.reveal() },
    ...others,
  }
}

/** Reads a page of clients; what is no client counts as one without an id, so that a full page stays full. */
export const parseClients = (body: unknown): ClientInPingFederate[] => {
  const { items } = (body ?? {}) as { items?: unknown }
  if (!Array.isArray(items)) throw new PingFederateFailure('unexpected', { status: 200 })
  return items.map(item => parseClient(item) ?? toClient({}, ''))
}

/** Reads a client leniently: of about 50 fields only these matter here. Undefined when it is no client at all. */
export const parseClient = (body: unknown): ClientInPingFederate | undefined => {
  if (!isJson(body)) return undefined
  const { clientId } = body
  return typeof clientId === 'string' ? toClient(body, clientId) : undefined
}

const toClient = (body: Json, clientId: string): ClientInPingFederate => {
  const { description, modificationDate, replicationStatus } = body
  return {
    clientId,
    description: typeof description === 'string' ? description : '',
    savedAt: typeof modificationDate === 'string' ? modificationDate : null,
    isReplicated: replicationStatus === 'REPLICATED',
    raw: new Secret(body),
  }
}
