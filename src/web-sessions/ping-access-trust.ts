import { asPingAccessFailure, PingAccessFailure } from '../pingaccess/failure.ts'
import { judgeTrust } from '../pingaccess/judge-trust.ts'
import type { PingAccess } from '../pingaccess/ping-access.ts'
import { planTrust } from '../pingaccess/plan-trust.ts'
import { toPingAccessProblem } from '../pingaccess/to-problem.ts'
import type { LiveTrust, LiveTrustedCertificateGroup, TrustCall } from '../pingaccess/trust-calls.ts'
import type { TokenProvider as Found } from '../pingfederate/token-provider.ts'
import { asProblem } from '../problem.ts'
import type { PingAccessTrust } from './token-provider-schema.ts'

/**
 * What PingAccess has of its token provider, and what it lacks; null where no PingAccess is configured. A PingAccess that
 * cannot be read fails nothing.
 * @param now milliseconds since the epoch
 */
export const readPingAccessTrust = async (
  pingAccess: Pick<PingAccess, 'readTrust'> | undefined,
  found: Found,
  now: number,
): Promise<PingAccessTrust | null> => {
  if (pingAccess === undefined) return null
  const live = await pingAccess.readTrust().catch(asPingAccessFailure)
  return live instanceof PingAccessFailure ? toUnread(live) : toRead(live, found, now)
}

const toUnread = (failure: PingAccessFailure): PingAccessTrust => ({
  ...{ state: 'not_readable', reason: toPingAccessProblem(failure).code, issuer: null, issuerAgrees: null },
  ...{ trusts: null, trustedCertificateGroup: null, certificate: null, trustedBy: null },
  ...{ skipsHostnameVerification: null, missing: [], calls: [] },
})

const toRead = (live: LiveTrust, found: Found, now: number): PingAccessTrust => {
  const { issuerAgrees, trusts, group, certificate, anchor, notes } = judgeTrust(live, found, now)
  const { calls, refusals } = plan(live, found)
  return {
    ...{ state: 'read', reason: null, issuer: live.issuer, issuerAgrees, trusts },
    trustedCertificateGroup: group && toGroup(group),
    certificate: certificate && toNamed(certificate),
    trustedBy: anchor && toNamed(anchor),
    skipsHostnameVerification: live.skipsHostnameVerification,
    missing: [...notes, ...refusals],
    calls: calls.map(({ method, path, body }) => ({ method, path, body })),
  }
}

const toNamed = ({ id, alias }: { id: number; alias: string }) => ({ id, alias })

const toGroup = (group: LiveTrustedCertificateGroup) => ({
  ...{ id: group.id, name: group.name, usesJavaTrustStore: group.usesJavaTrustStore },
  ...{ trustsAnyCertificate: group.ignoresAllErrors, skipsDateCheck: group.skipsDateCheck },
})

/** A certificate that this service does not trust is in no call: whoever sent it would trust whoever has shown it. */
const plan = (
  live: LiveTrust,
  { issuer, certificate: shown }: Found,
): { calls: TrustCall[]; refusals: string[] } => {
  if (shown === null) return { calls: [], refusals: [] }
  if (shown.trustProblem !== null)
    return {
      calls: [],
      refusals: [`This service does not trust the certificate itself (${shown.trustProblem}).`],
    }
  try {
    return { calls: planTrust(live, { issuer, shown }), refusals: [] }
  } catch (error) {
    return { calls: [], refusals: [asProblem(error).message] }
  }
}
