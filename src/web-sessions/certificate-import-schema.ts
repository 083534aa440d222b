import { type Static, Type } from 'typebox'
import { Nullable } from '../http/nullable.ts'
import { VisibleLine } from '../http/visible-line.ts'
import { Named } from './token-provider-schema.ts'

const closed = { additionalProperties: false }

const fingerprint = Array(32).fill('AB').join(':')

export const ImportCertificate = Type.Object(
  {
    sha256Fingerprint: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$',
        description:
          'SHA-256 of the certificate that you have looked at, with colons or without. Where it is sent, no other certificate is imported.',
        examples: [fingerprint],
        'x-fix': 'Send the sha256Fingerprint of GET /token-provider.',
      }),
    ),
    trustedCertificateGroup: Type.Optional(
      VisibleLine({
        maxLength: 256,
        description:
          'Name of the trusted certificate group, where the token provider of PingAccess has none that can be changed; it is made if there is none of that name. Default: the one in use, or else `PingFederate`.',
        examples: ['PingFederate'],
      }),
    ),
  },
  {
    ...closed,
    $id: 'ImportCertificate',
    description: 'What is imported, and where to; every field can be left out, and so can the body.',
    'x-request-examples': {
      smallest: { summary: 'Nothing: whatever certificate the issuer shows', value: {} },
      fullest: {
        summary: 'Every field',
        value: { sha256Fingerprint: fingerprint, trustedCertificateGroup: 'PingFederate' },
      },
    },
  },
)
export type ImportCertificate = Static<typeof ImportCertificate>

export const ImportedCertificate = Type.Object(
  {
    imported: Type.Boolean({
      description: 'Whether this request has changed anything; `false` where everything was there already.',
    }),
    sha256Fingerprint: Type.String({ description: 'SHA-256 of the certificate.', examples: [fingerprint] }),
    certificate: Nullable(
      Named,
      'The certificate in PingAccess; null where it is not there because one that has signed it is trusted.',
    ),
    trustedCertificateGroup: Nullable(
      Type.Object(
        {
          id: Type.Integer({ description: 'Its id in PingAccess.', examples: [3] }),
          name: Type.String({ description: 'Its *Name*.', examples: ['PingFederate'] }),
        },
        { ...closed, description: 'A trusted certificate group.' },
      ),
      'The trusted certificate group of the token provider.',
    ),
    written: Type.Array(Type.String({ examples: ['POST /certificates'] }), {
      description: 'The calls that this request has changed PingAccess by, in their order.',
    }),
    missing: Type.Array(
      Type.String({ examples: ['The certificate is for another host than the issuer’s.'] }),
      { description: 'What is still to be looked at, in sentences.' },
    ),
  },
  {
    ...closed,
    $id: 'ImportedCertificate',
    description:
      'PingFederate’s certificate, in the trusted certificate group of PingAccess’s token provider.',
  },
)
export type ImportedCertificate = Static<typeof ImportedCertificate>
