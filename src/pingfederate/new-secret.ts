import type { Secret } from '../secret.ts'
import { PingFederateFailure } from './failure.ts'
import { findValue, isJson, type Json } from './json.ts'
import { addMarker, stripMarker } from './marker.ts'
import type { ClientInPingFederate } from './oauth-client.ts'

/** What a rotation sets. */
export type NewSecret = {
  secret: Secret
  /** How long the secret that it replaces still works, in minutes; 0 ends it at once. */
  overlapMinutes: number
  operationId: string
}

/**
 * The client as it was read, with a new secret, the overlap and another marker; everything else goes back as it came.
 * The overlap is always said, because PingFederate's own default ends the former secret at once. `encryptedSecret` is
 * left out: it is the former secret.
 */
export const withNewSecret = (body: Json, { secret, overlapMinutes, operationId }: NewSecret): Json => {
  const { clientAuth, description, ...others } = toSendable(body)
  const { encryptedSecret, ...authentication } = isJson(clientAuth) ? clientAuth : {}
  const text = typeof description === 'string' ? description : ''
  return {
    ...others,
    description: addMarker(stripMarker(text), operationId),
    clientAuth: { ...authentication, secret: secret.reveal() },
    clientSecretRetentionPeriodType: 'OVERRIDE_SERVER_DEFAULT',
    clientSecretRetentionPeriod: overlapMinutes,
  }
}

/**
 * The client as it was read, with no secret but the one in force.
 * @throws PingFederateFailure where that one is not in it, because the client would have none afterwards
 */
export const withoutFormerSecrets = (body: Json): Json => {
  const { clientAuth, ...others } = toSendable(body)
  if (!isJson(clientAuth) || typeof clientAuth['encryptedSecret'] !== 'string')
    throw new PingFederateFailure('unexpected', { isSent: false })
  // Said and not left out: what becomes of them then is not documented.
  return { ...others, clientAuth: { ...clientAuth, secondarySecrets: [] } }
}

/** Without `clientAuthentication` of newer versions, which says the same as `clientAuth`, and without locations. */
const toSendable = (body: Json): Json => {
  const { clientAuthentication, ...sendable } = withoutLocations(body) as Json
  return sendable
}

/** Some versions refuse the `location` that PingFederate itself has put into links. */
const withoutLocations = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutLocations)
  if (!isJson(value)) return value
  if (isLink(value)) return { id: value['id'] }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutLocations(each)]))
}

/** By its form, because newer versions have links that this one does not know. */
const isLink = (value: Json): boolean =>
  Object.keys(value).length === 2 && typeof value['id'] === 'string' && typeof value['location'] === 'string'

/**
 * Until when PingFederate accepts former secrets of a client, in its own words, the last one first. One without a time
 * that can be read counts as alive.
 * @param now milliseconds since the epoch
 */
export const findFormerSecrets = ({ raw }: Pick<ClientInPingFederate, 'raw'>, now: number): string[] => {
  const secrets = findValue(raw.reveal(), 'clientAuth.secondarySecrets')
  return (Array.isArray(secrets) ? secrets : [])
    .map(each => (isJson(each) ? String(each['expiryTime']) : ''))
    .filter(end => !(Date.parse(end) <= now))
    .toSorted()
    .toReversed()
}
