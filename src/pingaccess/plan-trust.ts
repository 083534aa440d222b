import type { Json } from '../pingfederate/json.ts'
import type { ShownCertificate } from '../pingfederate/token-provider.ts'
import { Problem } from '../problem.ts'
import { findAnchor, findCertificate } from './judge-trust.ts'
import { type LiveTrust, type LiveTrustedCertificateGroup, type TrustCall, toSha256 } from './trust-calls.ts'

/** What stands in a call for the id that PingAccess gives in answer to the one before. */
export const laterIds = { certificate: '{id of the certificate}', group: '{id of the group}' }

/** Of a group that is made where the caller names none. */
export const defaultGroupName = 'PingFederate'

type Options = {
  issuer: string
  shown: Pick<ShownCertificate, 'x509' | 'chain'>
  /** What a group is called that the token provider does not have yet. */
  groupName?: string | undefined
}

/**
 * The calls that are left until PingAccess trusts the certificate by a group of its token provider, in their order; none
 * once it does. Everything that was read is sent back, because whether PingAccess keeps what a PUT leaves out is not known.
 * @throws Problem `token_provider_differs`, `trusted_certificate_group_unusable`
 */
export const planTrust = (live: LiveTrust, { issuer, shown, groupName }: Options): TrustCall[] => {
  if (live.issuer !== null && live.issuer !== issuer) throw differs(live.issuer, issuer)
  const target = chooseGroup(live, groupName)
  const certificate = findCertificate(live, shown)
  const certificateId = certificate?.id ?? laterIds.certificate
  const isTrusted = target.isEnough || findAnchor(live, target.group, shown) !== null
  const groupCalls = isTrusted ? [] : [toGroupCall(target, certificateId)]
  return [
    ...(certificate !== null || isTrusted ? [] : [toImport(issuer, shown)]),
    ...groupCalls,
    ...toRuntimeCalls(live, issuer, target.group?.id ?? laterIds.group),
  ]
}

type Target = {
  /** null where it has to be made. */
  group: LiveTrustedCertificateGroup | null
  name: string
  usesJavaTrustStore: boolean
  /** Whether nothing has to be put into it. */
  isEnough: boolean
}

/**
 * The group in use where it can be changed. A group of PingAccess's own cannot: another takes its place, with what PingAccess's
 * Java trusts where that one has it, so that nothing is trusted less. One that trusts anything is only replaced by a group
 * that the caller names, because something else may depend on it.
 */
const chooseGroup = (live: LiveTrust, groupName: string | undefined): Target => {
  const current = live.groups.find(({ id }) => id === live.groupId)
  if (current?.ignoresAllErrors && groupName === undefined) return toTarget(current, true)
  if (current === undefined || current.isSystemGroup) return chooseNamed(live, current, groupName)
  if (groupName === undefined || groupName === current.name) return toTarget(current)
  throw unusable(`The token provider uses the group ${current.name} already, which has what else it trusts.`)
}

/** In the place of one of PingAccess's own, or of none. */
const chooseNamed = (
  { groups }: LiveTrust,
  current: LiveTrustedCertificateGroup | undefined,
  name = defaultGroupName,
): Target => {
  const usesJavaTrustStore = current?.usesJavaTrustStore ?? false
  const named = groups.find(group => group.name === name)
  if (named === undefined) return { group: null, name, usesJavaTrustStore, isEnough: false }
  if (named.isSystemGroup)
    throw unusable(`The group ${name} is one of PingAccess’s own and cannot be changed.`)
  if (usesJavaTrustStore && !named.usesJavaTrustStore)
    throw unusable(`The group ${name} has not what PingAccess’s Java trusts, as the one in use has.`)
  return toTarget(named)
}

const toTarget = (group: LiveTrustedCertificateGroup, isEnough = false): Target => ({
  ...{ group, name: group.name, usesJavaTrustStore: group.usesJavaTrustStore, isEnough },
})

const toGroupCall = ({ group, name, usesJavaTrustStore }: Target, id: number | string): TrustCall =>
  group === null
    ? {
        ...{ method: 'POST', path: '/trustedCertificateGroups' },
        body: { name, certIds: [id], ...(usesJavaTrustStore && { useJavaTrustStore: true }) },
      }
    : {
        ...{ method: 'PUT', path: `/trustedCertificateGroups/${group.id}` },
        body: { ...group.raw, certIds: [...group.certificateIds, id] },
      }

const toRuntimeCalls = (live: LiveTrust, issuer: string, groupId: number | string): TrustCall[] => {
  if (live.issuer === issuer && live.groupId === groupId) return []
  const body: Json = { ...live.runtime, issuer, trustedCertificateGroupId: groupId }
  return [{ method: 'PUT', path: '/pingfederate/runtime', body }]
}

/** The alias has the fingerprint in it, so that the next certificate of the same issuer is another one. */
const toImport = (issuer: string, { x509 }: Pick<ShownCertificate, 'x509'>): TrustCall => ({
  method: 'POST',
  path: '/certificates',
  body: {
    alias: `pingfederate-${new URL(issuer).hostname.replace(/[^a-z0-9.-]/g, '')}-${toSha256(x509.fingerprint256).slice(0, 16)}`,
    fileData: Buffer.from(x509.toString()).toString('base64'),
  },
})

const differs = (set: string, issuer: string): Problem =>
  new Problem(
    'token_provider_differs',
    `PingAccess has ${set} as its token provider, and PingFederate calls itself ${issuer}; nothing was done. Whoever runs PingAccess decides which of them is right: PUT /pingfederate/runtime there, or the runtime nodes of this service.`,
  )

const unusable = (reason: string): Problem =>
  new Problem(
    'trusted_certificate_group_unusable',
    `${reason} Nothing was done. Leave trustedCertificateGroup out, or name another group.`,
  )
