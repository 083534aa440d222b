import { type Static, Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { IfMatch } from '../http/entity-tag.ts'
import { Prefer, PreferenceApplied } from '../http/prefer.ts'
import type { ProblemCode } from '../problem.ts'
import { changeProblems, dryRunQuery } from './change-document.ts'
import { clientWithoutRetrieval } from './examples.ts'
import type { WebSessionClient } from './schema.ts'
import type { UpdateDryRun } from './update-schema.ts'

const Query = dryRunQuery(
  '`true`: check everything, change nothing, and answer 200 with every field that would change, and what would not work afterwards.',
)

const problems = [
  'team_not_yours',
  'not_allowed_by_policy',
  'client_not_found',
  'client_exists_in_pingfederate',
  'client_missing_in_pingfederate',
  'client_drifted',
  'operation_in_progress',
  'precondition_failed',
  'precondition_required',
  ...changeProblems,
] as const satisfies ProblemCode[]

const dryRunExample: UpdateDryRun = {
  changes: [{ pointer: '/requirePkce', before: false, after: true }],
  warnings: [],
}

/** What the API document says of changing a client. */
export const updateDocument = {
  description:
    'Changes the fields that are sent (JSON Merge Patch, RFC 7396) and leaves everything else in PingFederate as it is, the secret and whatever administrators have set there. null stands for the default that a create would use. With `enabled` the client is switched off and on. Where PingFederate has the client otherwise than this service has set it, nothing is changed, and the differences are answered. A change of nothing writes nothing. With `dryRun=true` nothing is written anywhere.',
  params: Type.Object({ clientId: ClientId }),
  headers: Type.Object({ 'If-Match': IfMatch, Prefer: Type.Optional(Prefer) }),
  querystring: Query,
  updated: {
    description: 'The client as it is now; with `dryRun=true` what would change.',
    headers: {
      etag: Type.String({ description: 'Entity tag of its settings; absent with `dryRun=true`.' }),
      ...PreferenceApplied,
    },
    content: {
      'application/json': {
        schema: Type.Unsafe<Static<typeof WebSessionClient> | UpdateDryRun>(
          Type.Union([Type.Ref('WebSessionClient'), Type.Ref('UpdateDryRun')]),
        ),
        examples: {
          updated: { summary: 'Changed', value: clientWithoutRetrieval },
          dryRun: { summary: 'With dryRun=true', value: dryRunExample },
        },
      },
    },
  },
  problems,
}
