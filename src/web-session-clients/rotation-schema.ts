import { type Static, Type } from 'typebox'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'
import { PreviousSecretEndsAt } from './deliver-schema.ts'
import { AskedRetrieval, clientProperties, IssuedRetrieval } from './schema.ts'

const closed = { additionalProperties: false }

export const RotateSecret = Type.Object(
  {
    overlapMinutes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 43_200,
        description:
          'How long the secret that is replaced still works, in minutes: 0, so that it ends at once, or at least as long as the new retrieval token lives. When left out: as configured (a day unless the operator says otherwise) and no shorter than the token lives, if that secret was redeemed; else 0, because nobody has it.',
        examples: [60],
        'x-fix': 'Send whole minutes from 0 to 43200.',
      }),
    ),
    retrieval: Type.Optional({
      ...AskedRetrieval,
      description:
        'How the secret is handed out. Where secrets are put straight into PingAccess (`delivery`), sending it, and be it `{}`, takes the secret out of that: it is handed out by a token again, and PingAccess has only the former one until somebody puts the new one in.',
    }),
    force: Type.Optional(
      Type.Boolean({
        description:
          'Set a new secret although a former one still works beside the one in force; that one is left as it is. Default: false.',
      }),
    ),
  },
  {
    ...closed,
    $id: 'RotateSecret',
    description: 'What a new secret is to be like; every field can be left out, and so can the body.',
    'x-request-examples': {
      smallest: { summary: 'Nothing: what the service chooses', value: {} },
      fullest: {
        summary: 'Every field',
        value: { overlapMinutes: 60, retrieval: { ttlSeconds: 900, redeemableBy: 'team' }, force: false },
      },
    },
  },
)
export type RotateSecret = Static<typeof RotateSecret>

export const RotatedWebSessionClient = Type.Object(
  {
    ...clientProperties,
    retrieval: Nullable(
      IssuedRetrieval,
      'How to get the secret, once; null where it was put straight into PingAccess (`delivery`), as the one before.',
    ),
    previousSecretEndsAt: PreviousSecretEndsAt,
  },
  {
    ...closed,
    $id: 'RotatedWebSessionClient',
    description: 'A web session client that has just been given a new secret.',
  },
)

const Setting = Type.Object(
  {
    pointer: Type.String({
      description: 'JSON Pointer (RFC 6901): the field of the request.',
      examples: ['/overlapMinutes'],
    }),
    value: Type.Unknown({ description: 'What the rotation would use.' }),
    source: Type.Enum(['policy', 'configuration', 'request', 'client'], {
      description:
        '`policy`: what the policy allows to the owning team. `configuration`: this service as it is installed. `request`: sent. `client`: what became of the secret that is replaced.',
    }),
    reason: Type.String({ description: 'Why it is this value.', examples: ['You sent it.'] }),
  },
  { ...closed, description: 'One value and its source.' },
)

export const RotationDryRun = Type.Object(
  {
    settings: Type.Array(Setting, {
      description: 'Every value that the rotation would use, with its source.',
    }),
    retrievalExpiresAt: Nullable(
      Instant('When the new token would expire, if it were issued now.'),
      'When the new token would expire, if it were issued now; null where the secret would be put straight into PingAccess, as the one before.',
    ),
    revokesRetrieval: Type.Boolean({
      description: 'Whether there is an outstanding token, which would die.',
    }),
    previousSecretEndsAt: PreviousSecretEndsAt,
  },
  {
    ...closed,
    $id: 'RotationDryRun',
    description: 'What a rotation would do, found out without doing any of it.',
  },
)
export type RotationDryRun = Static<typeof RotationDryRun>
