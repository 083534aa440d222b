import { PingFederateFailure } from './failure.ts'
import { isJson, type Json } from './json.ts'

/**
 * A client as it was read, as PingFederate takes it back: without `clientAuthentication` of newer versions, which says the
 * same as `clientAuth`, and without locations.
 */
export const toSendable = (body: Json): Json => {
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
 * The same where the secret in force is to stay, which a PUT keeps only if it sends it back.
 * @throws PingFederateFailure where that one is not in it, because the client would have none afterwards
 */
export const withItsSecret = (body: Json): Json & { clientAuth: Json } => {
  const sendable = toSendable(body)
  const { clientAuth } = sendable
  if (!isJson(clientAuth) || typeof clientAuth['encryptedSecret'] !== 'string')
    throw new PingFederateFailure('unexpected', { isSent: false })
  return { ...sendable, clientAuth }
}
