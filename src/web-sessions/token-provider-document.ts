import { Type } from 'typebox'
import type { ProblemCode } from '../problem.ts'
import { toTrustSteps } from './checklist.ts'
import type { TokenProvider } from './token-provider-schema.ts'

const example: TokenProvider = {
  issuer: 'https://sso.example.com',
  certificate: {
    pem: '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n',
    sha256Fingerprint: Array(32).fill('AB').join(':'),
    subject: 'CN=sso.example.com',
    issuer: 'CN=Example CA',
    validFrom: '2026-05-23T00:00:00.000Z',
    validTo: '2027-05-23T00:00:00.000Z',
    daysLeft: 180,
    trustProblem: null,
  },
  pingAccess: {
    ...{ state: 'read', reason: null, issuer: 'https://sso.example.com', issuerAgrees: true, trusts: false },
    trustedCertificateGroup: {
      ...{ id: 3, name: 'PingFederate', usesJavaTrustStore: false },
      ...{ trustsAnyCertificate: false, skipsDateCheck: false },
    },
    certificate: { id: 7, alias: 'pingfederate-sso.example.com-abababababababab' },
    ...{ trustedBy: null, skipsHostnameVerification: false },
    missing: ['The group PingFederate has neither this certificate nor one that has signed it.'],
    calls: [
      {
        method: 'PUT',
        path: '/trustedCertificateGroups/3',
        body: { id: 3, name: 'PingFederate', certIds: [5, 7] },
      },
    ],
  },
  checklist: toTrustSteps('the issuer https://sso.example.com'),
}

/** What the API document says of the token provider. */
export const tokenProviderDocument = {
  description:
    'The issuer that PingAccess has as its token provider, as a runtime node of PingFederate names it, and the certificate that its address shows, which PingAccess has to trust: the next step of Ping’s manual after the client, done once for an installation. Nothing is sent to the issuer but the beginning of a TLS connection, and nothing is changed. Where this service has PingAccess configured, `pingAccess` says whether PingAccess trusts it, and which calls are left.',
  tokenProvider: {
    description: 'Issuer, certificate, and what to do with them.',
    content: {
      'application/json': { schema: Type.Unsafe<TokenProvider>(Type.Ref('TokenProvider')), example },
    },
  },
  problems: [
    'runtime_not_configured',
    'pingfederate_tls',
    'pingfederate_invalid_response',
    'pingfederate_unreachable',
    'pingfederate_timeout',
  ] as const satisfies ProblemCode[],
}
