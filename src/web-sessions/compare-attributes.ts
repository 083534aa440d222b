import type { LiveApplication } from '../pingaccess/live.ts'
import type { PolicyAttributes } from '../pingfederate/policy-attributes.ts'
import {
  type LiveClient,
  type LivePingAccess,
  nameApplication,
  patch,
  type RecordedClient,
  toComparedRow,
} from './compared-row.ts'
import type { ComparedRow } from './live-agreement-schema.ts'

type Sides = {
  recorded: RecordedClient
  client: Pick<LiveClient, 'oidcPolicy'>
  policies: PolicyAttributes | undefined
  application: LiveApplication
  pingAccess: Pick<LivePingAccess, 'identityMappings'>
}

/** Whether the client's OpenID Connect policy gives what the identity mappings of an application read. */
export const compareAttributes = (sides: Sides): ComparedRow => {
  const { id, webSessionId } = sides.application
  const { read, unread } = findRead(sides)
  const { policy, given } = findGiven(sides)
  const missing = read.filter(attribute => !isGiven(attribute, given ?? []))
  const isKnown = given !== undefined || missing.length === 0
  const about = { webSession: webSessionId, application: id }
  return toComparedRow('identity_mappings', about, {
    inPingFederate: given ?? null,
    inPingAccess: read,
    agrees: isKnown ? toAgrees(missing, unread) : null,
    fix:
      isKnown && missing.length > 0
        ? toMissingFix(sides, policy, missing)
        : toUnknownFix(sides, policy, [...missing, ...unread]),
  })
}

const toAgrees = (missing: readonly string[], unread: readonly string[]): boolean | null => {
  if (missing.length > 0) return false
  return unread.length > 0 ? null : true
}

/** The attributes that are read, and what is not known of that. */
const findRead = ({ application, pingAccess }: Sides): { read: string[]; unread: string[] } => {
  const used = pingAccess.identityMappings.filter(({ id }) => application.identityMappingIds.includes(id))
  return {
    read: [...new Set(used.flatMap(({ attributes }) => attributes ?? []))],
    unread: used
      .filter(({ attributes }) => attributes === null)
      .map(({ name }) => `what the identity mapping ${name} reads`),
  }
}

/** The attributes that are given, undefined where that is not known, and what to call the policy. */
const findGiven = ({
  client: { oidcPolicy },
  policies,
}: Sides): { policy: string; given: readonly string[] | undefined } => {
  const id = oidcPolicy ?? policies?.defaultPolicy
  if (!id) return { policy: 'PingFederate’s default OpenID Connect policy', given: undefined }
  return { policy: `the OpenID Connect policy ${id}`, given: policies?.byPolicy.get(id) }
}

/**
 * Claims that PingFederate puts into every ID token by itself (OpenID Connect Core section 2), and the reference of the
 * session.
 */
const claimsOfToken = ['sub', 'iss', 'aud', 'exp', 'iat', 'jti', 'auth_time', 'nonce', 'acr', 'pi.sri', 'sid']

/** Behind a point stands a member of the attribute. */
const isGiven = (attribute: string, given: readonly string[]): boolean =>
  [...claimsOfToken, ...given].some(each => attribute === each || attribute.startsWith(`${each}.`))

const toUnknownFix = ({ application }: Sides, policy: string, toSee: readonly string[]): string =>
  `See that ${policy} gives ${toSee.join(', ')} for ${nameApplication(application)}: it gets empty headers for what is not given.`

const toMissingFix = (
  { recorded: { clientId }, application }: Sides,
  policy: string,
  missing: readonly string[],
): string =>
  `Have ${policy} give ${missing.join(', ')} (Applications, OAuth, OpenID Connect Policy Management, in PingFederate), or choose one that does: ${patch(clientId, 'another oidcPolicy')}, or take it out of the identity mappings (Access, Identity Mappings) of ${nameApplication(application)}: it gets empty headers for it.`
