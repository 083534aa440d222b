import type { Secret } from '../secret.ts'
import { findValue, isJson, type Json } from './json.ts'
import { addMarker, stripMarker } from './marker.ts'
import type { ClientInPingFederate } from './oauth-client.ts'
import { toSendable, withItsSecret } from './sendable.ts'

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
 * @throws PingFederateFailure where that one is not in it
 */
export const withoutFormerSecrets = (body: Json): Json => {
  const { clientAuth, ...others } = withItsSecret(body)
  // Said and not left out: what becomes of them then is not documented.
  return { ...others, clientAuth: { ...clientAuth, secondarySecrets: [] } }
}

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
