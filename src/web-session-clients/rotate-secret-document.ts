import { type Static, Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { IdempotencyKey, Replayed } from '../http/idempotency-key.ts'
import { Prefer, PreferenceApplied } from '../http/prefer.ts'
import type { ProblemCode } from '../problem.ts'
import { dryRunQuery, newSecretProblems } from './change-document.ts'
import { createdExample, createdRetrieval } from './examples.ts'
import type { RotatedWebSessionClient, RotationDryRun } from './rotation-schema.ts'

const Query = dryRunQuery(
  '`true`: check everything, change nothing, and answer 200 with what the rotation would use, where each value comes from, and what would end when.',
)

const problems = ['not_allowed_by_policy', ...newSecretProblems] as const satisfies ProblemCode[]

const rotatedExample: Static<typeof RotatedWebSessionClient> = {
  ...createdExample,
  updatedAt: '2026-12-01T09:00:00.000Z',
  retrieval: { ...createdRetrieval, expiresAt: '2026-12-01T09:15:00.000Z' },
  previousSecretEndsAt: '2026-12-02T09:00:00.000Z',
}

const dryRunExample: RotationDryRun = {
  settings: [
    {
      pointer: '/overlapMinutes',
      value: 1440,
      source: 'configuration',
      reason:
        'Somebody has the secret that is replaced, so ROTATION_OVERLAP_MINUTES of this installation applies.',
    },
  ],
  retrievalExpiresAt: '2026-12-01T09:15:00.000Z',
  revokesRetrieval: false,
  previousSecretEndsAt: '2026-12-02T09:00:00.000Z',
}

/** What the API document says of a new secret. */
export const rotateSecretDocument = {
  description:
    'Gives the client a new secret in PingFederate and returns a single-use token for it, as the answer to a create does. The former secret still works for the overlap, so that nobody is locked out while the new one is put in place; a token that is still outstanding dies. This is how a secret is changed on schedule, and how a lost, expired or revoked token, or a lost answer to a redemption, is repaired. Nothing else of the client changes. Where the former secret was put straight into PingAccess (`delivery`), the new one goes there, too, and `retrieval` is null, unless the request has a `retrieval`. With `dryRun=true` nothing is written anywhere; an `Idempotency-Key` is checked but not remembered then.',
  params: Type.Object({ clientId: ClientId }),
  headers: Type.Object({
    'Idempotency-Key': Type.Optional(IdempotencyKey),
    Prefer: Type.Optional(Prefer),
  }),
  querystring: Query,
  dryRun: {
    description: 'Only with `dryRun=true`: the rotation would succeed. Nothing was written.',
    content: {
      'application/json': {
        schema: Type.Unsafe<RotationDryRun>(Type.Ref('RotationDryRun')),
        example: dryRunExample,
      },
    },
  },
  rotated: {
    description: 'PingFederate has the new secret.',
    headers: {
      location: Type.String({ description: 'Where the client is read.' }),
      ...Replayed,
      ...PreferenceApplied,
    },
    content: {
      'application/json': {
        schema: Type.Unsafe<Static<typeof RotatedWebSessionClient>>(Type.Ref('RotatedWebSessionClient')),
        example: rotatedExample,
      },
    },
  },
  problems,
}
