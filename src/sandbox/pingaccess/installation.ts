import { createSecretCipher } from '../pingfederate/encrypted-secret.ts'
import { invalid } from './api-error.ts'
import { readCertificate, showCertificate } from './certificate.ts'
import { type Collection, createCollection } from './collection.ts'
import { hideSecret, readSecret } from './hidden-value.ts'
import * as schema from './schema.ts'

/** What an administrator has set up in PingAccess. */
export type Installation = ReturnType<typeof createInstallation>

/** What most things are told apart by. */
const byName = { key: 'name', keyOf: ({ name }: { name: string }) => name }

/** A new PingAccess, in which nothing is set up. */
export function createInstallation(now: () => Date) {
  const cipher = createSecretCipher()
  const sites = createCollection({ ...byName, schema: schema.Site })
  const identityMappings = createCollection({ ...byName, schema: schema.IdentityMapping })
  const virtualHosts = createCollection({
    schema: schema.VirtualHost,
    key: 'virtualHost',
    keyOf: ({ host, port }) => `${host.toLowerCase()}:${port}`,
    isUsed: id => applications.all().some(({ virtualHostIds }) => virtualHostIds.includes(id)),
  })
  const webSessions = createCollection({
    schema: schema.WebSession,
    ...byName,
    isUsed: id => applications.all().some(({ webSessionId }) => webSessionId === id),
    accept: body => readSecret(body, cipher),
    show: kept => hideSecret(kept, cipher),
  })
  const certificates = createCollection({
    schema: schema.CertificateFile,
    key: 'alias',
    keyOf: ({ alias }) => alias,
    isUsed: id => trustedCertificateGroups.all().some(({ certIds = [] }) => certIds.includes(id)),
    accept: body => readCertificate(body.fileData) && body,
    show: kept => showCertificate(kept, now()),
  })
  const trustedCertificateGroups: Collection<schema.TrustedCertificateGroup> = createCollection({
    schema: schema.TrustedCertificateGroup,
    ...byName,
    accept: body => withKnown(toGroup(body), { certIds: body.certIds?.map(certificates.find) }),
    isFixed: ({ name }) => systemGroups.some(group => group.name === name),
  })
  for (const group of systemGroups) trustedCertificateGroups.create(group)
  const applications: Collection<schema.Application> = createCollection({
    schema: schema.Application,
    ...byName,
    accept: body =>
      withKnown(body, {
        virtualHostIds: body.virtualHostIds.map(virtualHosts.find),
        siteId: [sites.find(body.siteId)],
        webSessionId: body.webSessionId ? [webSessions.find(body.webSessionId)] : [],
        identityMappingIds: Object.values(body.identityMappingIds ?? {}).map(identityMappings.find),
      }),
  })
  return {
    sites,
    identityMappings,
    virtualHosts,
    webSessions,
    certificates,
    trustedCertificateGroups,
    applications,
    /** What PingAccess keeps for itself below every virtual host. */
    reserved: { contextRoot: '/pa' } as schema.ReservedApplication,
    /** PingFederate as the token provider, once it is set. */
    runtime: undefined as schema.PingFederateRuntime | undefined,
    now,
  }
}

/** PingAccess's own, which it has from the start. */
const systemGroups: readonly schema.TrustedCertificateGroup[] = [
  { name: 'Java Trust Store', useJavaTrustStore: true, systemGroup: true, ignoreAllCertificateErrors: false },
  { name: 'Trust Any', useJavaTrustStore: false, systemGroup: true, ignoreAllCertificateErrors: true },
]

/** With what nobody can set as PingAccess has it. */
function toGroup(body: schema.TrustedCertificateGroup): schema.TrustedCertificateGroup {
  const own = systemGroups.find(({ name }) => name === body.name)
  return own ?? { ...body, systemGroup: false, ignoreAllCertificateErrors: false }
}

/** The body where everything exists that it refers to; throws 422 with what doesn't. */
function withKnown<Body>(body: Body, references: Record<string, unknown[] | undefined>): Body {
  const unknown = Object.entries(references).filter(([, found]) => found?.includes(undefined))
  if (unknown.length === 0) return body
  throw invalid(
    Object.fromEntries(unknown.map(([field]) => [field, ['It refers to something that does not exist.']])),
  )
}
