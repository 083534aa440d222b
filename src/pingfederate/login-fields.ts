import { findValue, type Json } from './json.ts'

/** What decides over logins through a client and is not set by this service, as an administrator may have set it. */
export type LoginFields = {
  /** How the client authenticates, such as `SECRET`; null where PingFederate does not say. */
  authentication: string | null
  /** Whether authorization requests have to be pushed (RFC 9126). */
  requiresPushedRequests: boolean
  /** Whether the client may ask if a session was revoked. */
  mayAskForRevocation: boolean
}

/** Reads them of PingFederate's client; a field that PingFederate does not answer has its default. */
export const toLoginFields = (body: Json): LoginFields => {
  const authentication = findValue(body, 'clientAuth.type')
  return {
    authentication: typeof authentication === 'string' ? authentication : null,
    requiresPushedRequests: body['requirePushedAuthorizationRequests'] === true,
    mayAskForRevocation: findValue(body, 'oidcPolicy.grantAccessSessionRevocationApi') === true,
  }
}
