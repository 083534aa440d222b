import { isJson, type Json } from '../pingfederate/json.ts'
import type { PingAccessCalls } from './calls.ts'
import { toText } from './live.ts'

/** A certificate that was imported. */
export type LiveCertificate = {
  id: number
  alias: string
  /** SHA-256 of the certificate, as {@link toSha256} writes it. */
  sha256: string
  subjectDn: string
}

export type LiveTrustedCertificateGroup = {
  id: number
  name: string
  certificateIds: number[]
  /** Whether it has all that PingAccess's Java trusts as well, which nothing shows. */
  usesJavaTrustStore: boolean
  /** Whether it is one of PingAccess's own, which nobody can change. */
  isSystemGroup: boolean
  /** Whether it takes any certificate (*Trust Any*). */
  ignoresAllErrors: boolean
  /** Whether it takes certificates that are over, or not valid yet. */
  skipsDateCheck: boolean
  /** Everything that was read. */
  raw: Json
}

/** All that decides whether PingAccess trusts its token provider. */
export type LiveTrust = {
  /** null until it is set. */
  issuer: string | null
  /** null where none is set. */
  groupId: number | null
  skipsHostnameVerification: boolean
  /** Everything that was read of the token provider. */
  runtime: Json
  groups: LiveTrustedCertificateGroup[]
  certificates: LiveCertificate[]
}

/** A call that has not been sent. */
export type TrustCall = { method: 'POST' | 'PUT'; path: string; body: Json }

export type TrustCalls = {
  readTrust: () => Promise<LiveTrust>
  /** Sends it once; whether it has come to anything shows when it is read again. */
  writeTrust: (call: TrustCall) => Promise<void>
}

export const createTrustCalls = ({
  write,
  ...reads
}: Pick<PingAccessCalls, 'get' | 'list' | 'write'>): TrustCalls => ({
  ...createTrustReads(reads),
  writeTrust: async call => {
    await write(call, body => isJson(body) || undefined)
  },
})

export const createTrustReads = ({
  get,
  list,
}: Pick<PingAccessCalls, 'get' | 'list'>): Pick<TrustCalls, 'readTrust'> => ({
  readTrust: async () => {
    const [runtime, groups, certificates] = await Promise.all([
      get('/pingfederate/runtime', body => body),
      list('/trustedCertificateGroups', parseGroup),
      list('/certificates', parseCertificate),
    ])
    const { issuer, trustedCertificateGroupId: groupId } = runtime
    return {
      ...{ issuer: toText(issuer) ?? null, runtime, groups, certificates },
      // It has 0 for none, too.
      groupId: typeof groupId === 'number' && groupId > 0 ? groupId : null,
      skipsHostnameVerification: runtime['skipHostnameVerification'] === true,
    }
  },
})

const parseGroup = (raw: Json): LiveTrustedCertificateGroup => ({
  id: Number(raw['id']),
  name: String(raw['name']),
  certificateIds: (Array.isArray(raw['certIds']) ? raw['certIds'] : []).map(Number),
  usesJavaTrustStore: raw['useJavaTrustStore'] === true,
  isSystemGroup: raw['systemGroup'] === true,
  ignoresAllErrors: raw['ignoreAllCertificateErrors'] === true,
  skipsDateCheck: raw['skipCertificateDateCheck'] === true,
  raw,
})

const parseCertificate = ({ id, alias, sha256sum, subjectDn }: Json): LiveCertificate => ({
  id: Number(id),
  alias: String(alias),
  sha256: toSha256(toText(sha256sum) ?? ''),
  subjectDn: toText(subjectDn) ?? '',
})

/** A fingerprint in one form, however it is written: hexadecimal in lower case, without colons. */
export const toSha256 = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase()
