import { type Static, Type } from 'typebox'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'
import { Step } from './recipe-schema.ts'

const closed = { additionalProperties: false }

const Certificate = Type.Object(
  {
    pem: Nullable(
      Type.String({
        examples: ['-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n'],
      }),
      'The certificate itself, without its chain, in PEM (RFC 7468): what PingAccess imports. null where this service does not trust it: then take it from PingFederate’s console, and from nobody else.',
    ),
    sha256Fingerprint: Type.String({
      description: 'SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` writes it.',
      examples: [Array(32).fill('AB').join(':')],
    }),
    subject: Type.String({
      description: 'Whose it is, a part of the name a line.',
      examples: ['CN=sso.example.com'],
    }),
    issuer: Type.String({
      description: 'Who issued it, a part of the name a line.',
      examples: ['CN=Example CA'],
    }),
    validFrom: Instant('From when on it is valid.'),
    validTo: Instant('Until when it is valid.'),
    daysLeft: Type.Integer({
      description: 'Whole days until then; negative once it is over.',
      examples: [180],
    }),
    trustProblem: Nullable(
      Type.String({ examples: ['CERT_HAS_EXPIRED'] }),
      'Why this service does not trust it (PINGFEDERATE_CA_FILE and the system’s CAs), by Node’s code; null where it does.',
    ),
  },
  { ...closed, description: 'The certificate that the issuer’s address shows to whoever connects.' },
)

/** What PingAccess calls one of its own by. */
export const Named = Type.Object(
  {
    id: Type.Integer({ description: 'Its id in PingAccess.', examples: [7] }),
    alias: Type.String({
      description: 'Its *Alias*.',
      examples: ['pingfederate-sso.example.com-abababababababab'],
    }),
  },
  { ...closed, description: 'A certificate in PingAccess.' },
)

const Group = Type.Object(
  {
    id: Type.Integer({ description: 'Its id in PingAccess.', examples: [3] }),
    name: Type.String({ description: 'Its *Name*.', examples: ['PingFederate'] }),
    usesJavaTrustStore: Type.Boolean({
      description: 'Whether it trusts what PingAccess’s Java trusts as well, which PingAccess does not show.',
    }),
    trustsAnyCertificate: Type.Boolean({
      description: 'Whether it trusts any certificate (*Trust Any*): then nothing is proven by one.',
    }),
    skipsDateCheck: Type.Boolean({
      description: 'Whether it trusts certificates that are over, or not valid yet.',
    }),
  },
  { ...closed, description: 'A trusted certificate group.' },
)

const Call = Type.Object(
  {
    method: Type.Enum(['POST', 'PUT'], { description: 'Method.', examples: ['POST'] }),
    path: Type.String({ description: 'Path below `/pa-admin-api/v3`.', examples: ['/certificates'] }),
    body: Type.Unsafe<Record<string, unknown>>(
      Type.Object(
        {},
        {
          additionalProperties: true,
          description:
            'Body. `{id of the certificate}` and `{id of the group}` stand for ids that PingAccess gives in answer to the calls before.',
        },
      ),
    ),
  },
  { ...closed, description: 'A call to PingAccess’s administrative API.' },
)

const PingAccessTrust = Type.Object(
  {
    state: Type.Enum(['read', 'not_readable'], {
      description:
        'Whether PingAccess could be read; if not, `reason` tells why and the rest is null or empty.',
    }),
    reason: Nullable(
      Type.String({ examples: ['pingaccess_unreachable'] }),
      'Code of the problem that PingAccess could not be read for; null where it was.',
    ),
    issuer: Nullable(
      Type.String({ examples: ['https://sso.example.com'] }),
      'Issuer of the token provider that PingAccess has; null where none is set.',
    ),
    issuerAgrees: Nullable(Type.Boolean(), 'Whether that is the issuer of PingFederate.'),
    trusts: Nullable(
      Type.Boolean(),
      'Whether PingAccess trusts the certificate: its group has it, or one that has signed it. null where PingAccess does not show what decides it (its Java’s CAs, a CA of the same name), and without TLS.',
    ),
    trustedCertificateGroup: Nullable(
      Group,
      'The trusted certificate group of the token provider; null where it has none.',
    ),
    certificate: Nullable(
      Named,
      'The certificate in PingAccess, found by its SHA-256, in whatever group it is; null where PingAccess does not have it.',
    ),
    trustedBy: Nullable(
      Named,
      'What PingAccess trusts it by: the certificate of the group that is it, or has signed it; null where there is none.',
    ),
    skipsHostnameVerification: Nullable(
      Type.Boolean(),
      'Whether PingAccess takes a certificate of another host for the token provider’s.',
    ),
    missing: Type.Array(
      Type.String({
        examples: ['The token provider of PingAccess has no trusted certificate group.'],
      }),
      { description: 'What is missing or to be looked at, in sentences.' },
    ),
    calls: Type.Array(Call, {
      description:
        'The calls that `POST /token-provider/certificate` would send, in their order: each has everything that was read, and the change. Empty where PingAccess trusts it already, or this service does not trust the certificate itself.',
    }),
  },
  { ...closed, description: 'What PingAccess has of its token provider.' },
)
export type PingAccessTrust = Static<typeof PingAccessTrust>

export const TokenProvider = Type.Object(
  {
    issuer: Type.String({
      description: 'Issuer of PingFederate, as its discovery document has it.',
      examples: ['https://sso.example.com'],
    }),
    certificate: Nullable(
      Certificate,
      'The certificate that the issuer’s address shows to whoever connects; null where that has no TLS, as a stand-in.',
    ),
    pingAccess: Nullable(
      PingAccessTrust,
      'What PingAccess has of it, as it is read now; null where this service has no PingAccess configured.',
    ),
    checklist: Type.Array(Step, {
      description:
        'What to do in PingFederate and PingAccess, once for the installation, in this order; without what is known to be done.',
    }),
  },
  {
    ...closed,
    $id: 'TokenProvider',
    description: 'PingFederate as the token provider of PingAccess.',
  },
)
export type TokenProvider = Static<typeof TokenProvider>
