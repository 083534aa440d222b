import { Type } from 'typebox'
import { pingAccessProblems } from '../pingaccess/to-problem.ts'
import type { ProblemCode } from '../problem.ts'
import type { ImportedCertificate } from './certificate-import-schema.ts'

const example: ImportedCertificate = {
  imported: true,
  sha256Fingerprint: Array(32).fill('AB').join(':'),
  certificate: { id: 7, alias: 'pingfederate-sso.example.com-abababababababab' },
  trustedCertificateGroup: { id: 3, name: 'PingFederate' },
  written: ['POST /certificates', 'PUT /trustedCertificateGroups/3'],
  missing: [],
}

const answered = (description: string, value: ImportedCertificate) => ({
  description,
  content: {
    'application/json': {
      schema: Type.Unsafe<ImportedCertificate>(Type.Ref('ImportedCertificate')),
      example: value,
    },
  },
})

/** What the API document says of importing the certificate. */
export const certificateImportDocument = {
  description:
    'Has PingAccess trust the certificate that PingFederate’s issuer shows: imports it, puts it into the trusted certificate group of the token provider, and gives the token provider that group where it has none. Only a certificate that this service trusts itself is imported. Everything is read first, found by its SHA-256, and not done again; each call is checked by reading. What is not about this certificate stays as it is. If it ends halfway, the same request goes on from there.',
  imported: answered('PingAccess trusts it now.', example),
  unchanged: answered('Everything was there already.', { ...example, imported: false, written: [] }),
  problems: [
    'runtime_not_configured',
    'pingaccess_not_configured',
    'certificate_not_trusted',
    'certificate_changed',
    'token_provider_differs',
    'trusted_certificate_group_unusable',
    'pingfederate_tls',
    'pingfederate_invalid_response',
    'pingfederate_unreachable',
    'pingfederate_timeout',
    ...pingAccessProblems,
  ] as const satisfies ProblemCode[],
}
