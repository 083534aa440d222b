import { isIP } from 'node:net'
import type { ShownCertificate, TokenProvider } from '../pingfederate/token-provider.ts'
import {
  type LiveCertificate,
  type LiveTrust,
  type LiveTrustedCertificateGroup,
  toSha256,
} from './trust-calls.ts'

/** Whether PingAccess trusts its token provider, and by what. */
export type Trust = {
  issuerAgrees: boolean
  /** null where its API does not show what decides it, and without TLS. */
  trusts: boolean | null
  /** The trusted certificate group of the token provider. */
  group: LiveTrustedCertificateGroup | null
  /** The token provider's own certificate in PingAccess, in whatever group. */
  certificate: LiveCertificate | null
  /** That of the group which it trusts by: the certificate itself, or one above it. */
  anchor: LiveCertificate | null
  /** Why it is so, and what to do, in sentences; none where PingAccess trusts that certificate and no other. */
  notes: string[]
}

/** @param now milliseconds since the epoch */
export const judgeTrust = (live: LiveTrust, { issuer, certificate }: TokenProvider, now: number): Trust => {
  const group = live.groups.find(({ id }) => id === live.groupId) ?? null
  const issuerAgrees = live.issuer === issuer
  const found = {
    ...{ issuerAgrees, group },
    certificate: certificate && findCertificate(live, certificate),
    anchor: certificate && findAnchor(live, group, certificate),
  }
  const { trusts, notes } = certificate
    ? judge(live, { ...found, shown: certificate, issuer, now })
    : { trusts: null, notes: ['The issuer has no TLS, so there is no certificate to trust.'] }
  return { ...found, trusts, notes: [...judgeIssuer(live, issuer), ...notes] }
}

const judgeIssuer = ({ issuer: set }: LiveTrust, issuer: string): string[] => {
  if (set === issuer) return []
  return [
    set === null
      ? 'PingAccess has no token provider yet.'
      : `PingAccess has ${set} as its token provider, and PingFederate calls itself ${issuer}: no login works until they are the same.`,
  ]
}

export const findCertificate = (
  { certificates }: Pick<LiveTrust, 'certificates'>,
  { x509 }: Pick<ShownCertificate, 'x509'>,
): LiveCertificate | null =>
  certificates.find(({ sha256 }) => sha256 === toSha256(x509.fingerprint256)) ?? null

/** The certificate itself before those above it. */
export const findAnchor = (
  { certificates }: Pick<LiveTrust, 'certificates'>,
  group: LiveTrustedCertificateGroup | null,
  { x509, chain }: Pick<ShownCertificate, 'x509' | 'chain'>,
): LiveCertificate | null => {
  const inGroup = certificates.filter(({ id }) => group?.certificateIds.includes(id))
  const sums = [x509, ...chain].map(({ fingerprint256 }) => toSha256(fingerprint256))
  const anchors = sums.flatMap(sum => inGroup.find(({ sha256 }) => sha256 === sum) ?? [])
  return anchors[0] ?? null
}

type Case = Pick<Trust, 'group' | 'anchor'> & { shown: ShownCertificate; issuer: string; now: number }

const judge = (live: LiveTrust, found: Case): Pick<Trust, 'trusts' | 'notes'> => {
  const { group, anchor } = found
  if (group === null)
    return { trusts: false, notes: ['The token provider of PingAccess has no trusted certificate group.'] }
  if (group.ignoresAllErrors) return { trusts: true, notes: [trustsAnything(group)] }
  if (anchor !== null) return judgeAnchored(live, group, found)
  if (group.usesJavaTrustStore) return { trusts: null, notes: [trustsJava(group)] }
  if (hasNamesake(live, group, found.shown)) return { trusts: null, notes: [hasNamesakeOnly(group)] }
  return {
    trusts: false,
    notes: [`The group ${group.name} has neither this certificate nor one that has signed it.`],
  }
}

const trustsAnything = ({ name }: LiveTrustedCertificateGroup): string =>
  `The group ${name} trusts any certificate, so whoever stands between PingAccess and PingFederate can pose as PingFederate. Give the token provider a group of its own: POST /token-provider/certificate with a trustedCertificateGroup.`

const trustsJava = ({ name }: LiveTrustedCertificateGroup): string =>
  `The group ${name} has what PingAccess’s Java trusts, which PingAccess does not show: where logins work, nothing is to be done.`

const hasNamesakeOnly = ({ name }: LiveTrustedCertificateGroup): string =>
  `The group ${name} has a certificate of the name that has signed this one. Whether it is the same key cannot be told from here.`

const judgeAnchored = (
  { skipsHostnameVerification }: LiveTrust,
  { name, skipsDateCheck }: LiveTrustedCertificateGroup,
  { shown: { x509 }, issuer, now }: Case,
): Pick<Trust, 'trusts' | 'notes'> => {
  const isValid = x509.validFromDate.getTime() <= now && now <= x509.validToDate.getTime()
  const isRefused = [
    ...(isValid || skipsDateCheck
      ? []
      : [`The group ${name} has what it takes, and the certificate is not valid at this time.`]),
    ...(skipsHostnameVerification || isOfHost(x509, issuer)
      ? []
      : ['The certificate is for another host than the issuer’s.']),
  ]
  return { trusts: isRefused.length === 0, notes: isRefused }
}

const isOfHost = (x509: ShownCertificate['x509'], issuer: string): boolean => {
  const host = new URL(issuer).hostname.replace(/^\[|\]$/g, '')
  return (isIP(host) === 0 ? x509.checkHost(host) : x509.checkIP(host)) !== undefined
}

/** The CA of that name may have been renewed with the same key, which makes it another certificate. */
const hasNamesake = (
  { certificates }: LiveTrust,
  { certificateIds }: LiveTrustedCertificateGroup,
  { x509, chain }: ShownCertificate,
): boolean => {
  const names = [x509, ...chain].map(({ issuer }) => toParts(issuer.split('\n')))
  const inGroup = certificates.filter(({ id }) => certificateIds.includes(id))
  return inGroup.some(({ subjectDn }) => names.includes(toParts(subjectDn.split(/,|\n/))))
}

/** A distinguished name whatever the order and the spaces that it is written with. */
const toParts = (parts: readonly string[]): string =>
  parts
    .map(part => part.trim().toLowerCase())
    .toSorted()
    .join('\n')
