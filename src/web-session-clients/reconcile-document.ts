import { type Static, Type } from 'typebox'
import { PreferenceApplied } from '../http/prefer.ts'
import type { ProblemCode } from '../problem.ts'
import { changeProblems } from './change-document.ts'
import type { ReconciledWebSessionClient } from './drift-schema.ts'
import { clientWithoutRetrieval } from './examples.ts'

const problems = [
  'not_allowed_by_policy',
  'client_not_found',
  'client_exists_in_pingfederate',
  'client_missing_in_pingfederate',
  'drift_not_acceptable',
  'operation_in_progress',
  ...changeProblems,
] as const satisfies ProblemCode[]

const example: Static<typeof ReconciledWebSessionClient> = {
  ...clientWithoutRetrieval,
  reconciled: [{ pointer: '/requirePkce', expected: false, actual: true }],
}

/** What the API document says of settling what differs. */
export const reconcileDocument = {
  description:
    'Decides whose word counts for a client that PingFederate has otherwise than this service has set it. `reapply` sets PingFederate again, everything that is not managed here excepted. `accept` takes over what PingFederate has: only what the policy allows the team, and only where all of it can be said in the fields of a web session client; otherwise the fields that cannot are named and nothing is changed. What differed is in the answer.',
  reconciled: {
    description: 'PingFederate has the client as it is set here.',
    headers: { etag: Type.String({ description: 'Entity tag of its settings.' }), ...PreferenceApplied },
    content: {
      'application/json': {
        schema: Type.Unsafe<Static<typeof ReconciledWebSessionClient>>(
          Type.Ref('ReconciledWebSessionClient'),
        ),
        example,
      },
    },
  },
  problems,
}
