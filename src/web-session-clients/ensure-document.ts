import { Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { IfMatch } from '../http/entity-tag.ts'
import { IdempotencyKey } from '../http/idempotency-key.ts'
import { Prefer, PreferenceApplied } from '../http/prefer.ts'
import type { ProblemCode } from '../problem.ts'
import { changeProblems, dryRunQuery } from './change-document.ts'
import { createDocument } from './create-document.ts'
import { dryRunExample } from './dry-run-example.ts'
import type { CreateDryRun } from './dry-run-schema.ts'
import type { EnsuredWebSessionClient } from './ensure-schema.ts'
import { clientWithoutRetrieval } from './examples.ts'
import type { UpdateDryRun } from './update-schema.ts'

const Query = dryRunQuery(
  '`true`: check everything, change nothing, and answer 200 with the plan of a create, or with every field that would change.',
)

const problems = [
  'no_team',
  'team_not_yours',
  'not_allowed_by_policy',
  'client_id_taken',
  'client_exists_in_pingfederate',
  'client_missing_in_pingfederate',
  'client_drifted',
  'operation_in_progress',
  'precondition_failed',
  'team_ambiguous',
  'idempotency_key_reused',
  ...changeProblems,
] as const satisfies ProblemCode[]

const example: EnsuredWebSessionClient = { ...clientWithoutRetrieval, changes: [] }

/** What the API document says of ensuring a client. */
export const ensureDocument = {
  description:
    'For whoever declares a client and sends the same again every day: makes it where there is none (201, with a single-use token for its secret, as a create), and otherwise brings it to what is asked for (200, without a token). Where it is so already nothing is written. It never sets a new secret and switches nothing on or off. Where PingFederate has the client otherwise than this service has set it, nothing is changed, because somebody may have had a reason. With an `Idempotency-Key` the answer of a create that got lost is given again. With `dryRun=true` nothing is written anywhere.',
  params: Type.Object({ clientId: ClientId }),
  headers: Type.Object({
    'Idempotency-Key': Type.Optional(IdempotencyKey),
    'If-Match': Type.Optional(IfMatch),
    Prefer: Type.Optional(Prefer),
  }),
  querystring: Query,
  created: { ...createDocument.created, description: 'There was none, and PingFederate has it now.' },
  ensured: {
    description: 'There was one, and it is as it was asked for; with `dryRun=true` what would be done.',
    headers: {
      etag: Type.String({ description: 'Entity tag of its settings; absent with `dryRun=true`.' }),
      ...PreferenceApplied,
    },
    content: {
      'application/json': {
        schema: Type.Unsafe<EnsuredWebSessionClient | CreateDryRun | UpdateDryRun>(
          Type.Union([
            Type.Ref('EnsuredWebSessionClient'),
            Type.Ref('CreateDryRun'),
            Type.Ref('UpdateDryRun'),
          ]),
        ),
        examples: {
          ensured: { summary: 'So already', value: example },
          dryRun: { summary: 'With dryRun=true, where there is none', value: dryRunExample },
        },
      },
    },
  },
  problems,
}
