import type { TokenProvider as Found } from '../pingfederate/token-provider.ts'
import { toTrustSteps } from './checklist.ts'
import type { TokenProvider } from './token-provider-schema.ts'

const dayMs = 86_400_000

/** What is answered of what was found at that time, in milliseconds since the epoch. */
export const toTokenProvider = ({ issuer, certificate }: Found, now: number): TokenProvider => ({
  issuer,
  certificate: certificate && toCertificate(certificate, now),
  checklist: toTrustSteps(`the issuer ${issuer}`),
})

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
