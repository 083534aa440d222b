import { Problem } from '../problem.ts'
import type { DeliveryFailure } from './client-row.ts'

/** Of a delivery that was cut off after PingFederate had the secret: PingAccess may have taken it. */
export const notDelivered: DeliveryFailure = { detail: 'The delivery was cut off.', mayHave: true }

/** Of a cluster whose engines have not all taken the new secret in time. */
export const notOnEveryEngine: DeliveryFailure = {
  detail: 'Not every engine of PingFederate has it yet, so PingAccess must not use it.',
}

/** What PingAccess did not take, as it is kept. */
export const toDeliveryFailure = ({ message, violations, headers }: Problem): DeliveryFailure => ({
  detail: message,
  ...(violations && { violations }),
  ...(headers['retry-after'] !== undefined && { retryAfter: headers['retry-after'] }),
})

/** @param previousSecretEndsAt until when the former secret works; null where none does */
export const deliveryFailed = (
  clientId: string,
  { detail, violations, retryAfter = '5', mayHave = false }: DeliveryFailure,
  previousSecretEndsAt: string | null,
): Problem =>
  new Problem(
    'delivery_failed',
    `PingFederate has a new secret, and ${
      mayHave ? 'it is not sure that every web session of PingAccess has it' : 'PingAccess has not got it'
    }. ${detail} ${
      previousSecretEndsAt === null
        ? `Nobody can log in ${mayHave ? 'where it is missing' : 'through this client'} until PingAccess has one`
        : `People log in with the former secret, until ${previousSecretEndsAt}`
    }: send PUT /web-session-clients/${clientId}/web-session, which makes another one and puts it into PingAccess.`,
    { ...(violations && { violations }), headers: { 'retry-after': retryAfter } },
  )

/** So that no secret is made which nobody would publish. */
export const notPublished = (): Problem =>
  new Problem(
    'not_published',
    'PingFederate is a cluster, and its engines would learn the new secret only when an administrator publishes it; with it in PingAccess, logins would fail until then. Nothing was changed. The operator sets PINGFEDERATE_REPLICATION=trigger, or rotate the secret, publish, and put it into PingAccess by hand.',
  )

export const notConfigured = (): Problem =>
  new Problem(
    'pingaccess_not_configured',
    'The operator of this service has not set PINGACCESS_ADMIN_URL, so that no secret can be put into PingAccess; nothing was changed.',
  )
