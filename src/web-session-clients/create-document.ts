import { type Static, Type } from 'typebox'
import { IdempotencyKey, Replayed } from '../http/idempotency-key.ts'
import { Prefer, PreferenceApplied } from '../http/prefer.ts'
import type { ProblemCode } from '../problem.ts'
import { changeProblems, deliveryProblems, dryRunQuery } from './change-document.ts'
import { dryRunExample } from './dry-run-example.ts'
import type { CreateDryRun } from './dry-run-schema.ts'
import { createdExample } from './examples.ts'
import type { CreatedWebSessionClient } from './schema.ts'

const Query = dryRunQuery(
  '`true`: check everything, change nothing, and answer 200 with what a create would send to PingFederate, where each value comes from, and what would not work afterwards.',
)

const problems = [
  'no_team',
  'team_not_yours',
  'not_allowed_by_policy',
  'client_id_taken',
  'client_exists_in_pingfederate',
  'operation_in_progress',
  'team_ambiguous',
  'idempotency_key_reused',
  ...deliveryProblems,
  ...changeProblems,
] as const satisfies ProblemCode[]

/** What the API document says of creating a client. */
export const createDocument = {
  description:
    'Applies the PingAccess defaults, makes the OAuth client in PingFederate and returns a single-use token for its secret. Two fields are enough. With `webSession` the secret goes straight into PingAccess instead, and `retrieval` is null. With `dryRun=true` nothing is written anywhere: what would be refused is refused in the same way, and what would be created is answered as a plan. An `Idempotency-Key` is checked but not remembered then.',
  headers: Type.Object({
    'Idempotency-Key': Type.Optional(IdempotencyKey),
    Prefer: Type.Optional(Prefer),
  }),
  querystring: Query,
  dryRun: {
    description: 'Only with `dryRun=true`: a create would succeed. Nothing was written.',
    content: {
      'application/json': {
        schema: Type.Unsafe<Static<typeof CreateDryRun>>(Type.Ref('CreateDryRun')),
        example: dryRunExample,
      },
    },
  },
  created: {
    description: 'The client exists in PingFederate.',
    headers: {
      location: Type.String({ description: 'Where the client is read.' }),
      etag: Type.String({ description: 'Entity tag of its settings.' }),
      ...Replayed,
      ...PreferenceApplied,
    },
    content: {
      'application/json': {
        schema: Type.Unsafe<Static<typeof CreatedWebSessionClient>>(Type.Ref('CreatedWebSessionClient')),
        example: createdExample,
      },
    },
  },
  problems,
}
