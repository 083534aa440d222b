import { Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { App } from '../http/route.ts'
import { judgeTrust } from '../pingaccess/judge-trust.ts'
import { toSha256 } from '../pingaccess/trust-calls.ts'
import type { Runtime } from '../pingfederate/runtime.ts'
import type { ShownCertificate, TokenProvider, TokenProviderReader } from '../pingfederate/token-provider.ts'
import { Problem } from '../problem.ts'
import { certificateImportDocument } from './certificate-import-document.ts'
import type { ImportCertificate, ImportedCertificate } from './certificate-import-schema.ts'
import { requireNodes } from './require-nodes.ts'
import { type TrustDependencies, writeTrust } from './write-trust.ts'

export type ImportDependencies = Pick<TrustDependencies, 'store'> & {
  runtime: Pick<Runtime, 'urls'>
  tokenProvider: TokenProviderReader
  /** Undefined where none is configured. */
  pingAccess: TrustDependencies['pingAccess'] | undefined
  now: () => number
}

const schema = {
  operationId: 'importCertificate',
  tags: ['web sessions'],
  summary: 'Have PingAccess trust the certificate of PingFederate',
  description: certificateImportDocument.description,
  body: Type.Unsafe<ImportCertificate>(Type.Ref('ImportCertificate')),
  response: { 200: certificateImportDocument.unchanged, 201: certificateImportDocument.imported },
}

/** `POST /token-provider/certificate` */
export const importCertificate = (app: App, dependencies: ImportDependencies): void => {
  app.route({
    method: 'POST',
    url: '/token-provider/certificate',
    config: {
      scope: 'web-session-clients:admin',
      action: 'token-provider.trust',
      isBodyOptional: true,
      problems: certificateImportDocument.problems,
    },
    schema,
    handler: async (request, reply) => {
      const actor = { ...actorOf(request), asAdmin: true as const }
      const imported = await trust(dependencies, request.body, actor)
      return reply.code(imported.imported ? 201 : 200).send(imported)
    },
  })
}

const trust = async (
  { runtime, tokenProvider, pingAccess, store, now }: ImportDependencies,
  { sha256Fingerprint, trustedCertificateGroup }: ImportCertificate,
  actor: Actor,
): Promise<ImportedCertificate> => {
  requireNodes(runtime)
  if (pingAccess === undefined) throw notConfigured()
  const found = await tokenProvider.read()
  const shown = requireTrusted(found)
  requireSame(shown, sha256Fingerprint)
  const wanted = { issuer: found.issuer, shown, groupName: trustedCertificateGroup }
  const { live, written } = await writeTrust({ pingAccess, store }, wanted, actor)
  const { certificate, group, notes } = judgeTrust(live, found, now())
  return {
    imported: written.length > 0,
    sha256Fingerprint: shown.x509.fingerprint256,
    certificate: certificate && { id: certificate.id, alias: certificate.alias },
    trustedCertificateGroup: group && { id: group.id, name: group.name },
    written,
    missing: notes,
  }
}

const notConfigured = (): Problem =>
  new Problem(
    'pingaccess_not_configured',
    'This installation has no PingAccess that could be asked. The operator sets PINGACCESS_ADMIN_URL; GET /token-provider has the certificate, and the steps by hand.',
  )

/** @throws Problem `certificate_not_trusted`: who imports what somebody in between shows trusts that somebody */
const requireTrusted = ({ issuer, certificate }: TokenProvider): ShownCertificate => {
  if (certificate === null)
    throw new Problem(
      'certificate_not_trusted',
      `The issuer ${issuer} has no TLS, so there is no certificate to import; nothing was done.`,
    )
  const { trustProblem } = certificate
  if (trustProblem === null) return certificate
  throw new Problem(
    'certificate_not_trusted',
    `This service does not trust the certificate that ${issuer} shows (${trustProblem}), so it cannot be told from that of somebody in between; nothing was done. If it is the right one, the operator adds its CA to PINGFEDERATE_CA_FILE; or export the certificate in PingFederate’s console and import it in PingAccess’s.`,
  )
}

/** @throws Problem `certificate_changed` */
const requireSame = ({ x509 }: ShownCertificate, sha256Fingerprint: string | undefined): void => {
  if (sha256Fingerprint === undefined) return
  if (toSha256(sha256Fingerprint) === toSha256(x509.fingerprint256)) return
  throw new Problem(
    'certificate_changed',
    `The issuer shows the certificate ${x509.fingerprint256} now; nothing was done. Look at it with GET /token-provider, and send its fingerprint.`,
  )
}
