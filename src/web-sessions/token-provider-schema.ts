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
    checklist: Type.Array(Step, {
      description: 'What to do in PingFederate and PingAccess, once for the installation, in this order.',
    }),
  },
  {
    ...closed,
    $id: 'TokenProvider',
    description: 'PingFederate as the token provider of PingAccess.',
  },
)
export type TokenProvider = Static<typeof TokenProvider>
