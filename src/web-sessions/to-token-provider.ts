import type { TokenProvider as Found } from '../pingfederate/token-provider.ts'
import { toTrustSteps } from './checklist.ts'
import type { Step } from './recipe-schema.ts'
import type { PingAccessTrust, TokenProvider } from './token-provider-schema.ts'

const dayMs = 86_400_000

/** What is answered of what was found at that time, in milliseconds since the epoch. */
export const toTokenProvider = (
  { issuer, certificate }: Found,
  now: number,
  pingAccess: PingAccessTrust | null = null,
): TokenProvider => ({
  issuer,
  certificate: certificate && toCertificate(certificate, now),
  pingAccess,
  checklist: toTrustSteps(`the issuer ${issuer}`).filter(step => !isDone(step, pingAccess)),
})

/** The export leads to the import. Where the calls are not known, nothing is known to be done. */
const isDone = ({ call }: Step, pingAccess: PingAccessTrust | null): boolean => {
  if (pingAccess?.state !== 'read') return false
  const { trusts, calls } = pingAccess
  if (calls.length === 0) return trusts === true && pingAccess.issuerAgrees === true
  const [, name] = call?.split(' /') ?? []
  const path = name?.startsWith('keyPairs') ? 'certificates' : name
  return !calls.some(each => each.path.startsWith(`/${path}`))
}

const toCertificate = (
  { x509, trustProblem }: NonNullable<Found['certificate']>,
  now: number,
): NonNullable<TokenProvider['certificate']> => ({
  // Who imports what somebody in between has shown trusts that somebody from then on.
  pem: trustProblem === null ? x509.toString() : null,
  sha256Fingerprint: x509.fingerprint256,
  subject: x509.subject,
  issuer: x509.issuer,
  validFrom: x509.validFromDate.toISOString(),
  validTo: x509.validToDate.toISOString(),
  daysLeft: Math.floor((x509.validToDate.getTime() - now) / dayMs),
  trustProblem,
})
