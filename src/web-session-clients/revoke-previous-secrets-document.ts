import type { ProblemCode } from '../problem.ts'
import { changeProblems } from './change-document.ts'

const problems = [
  'client_not_found',
  'client_exists_in_pingfederate',
  'client_missing_in_pingfederate',
  'client_drifted',
  'operation_in_progress',
  ...changeProblems,
] as const satisfies ProblemCode[]

/** What the API document says of ending former secrets. */
export const revokePreviousDocument = {
  description:
    'Ends every former secret of the client in PingFederate, whatever is left of its overlap; the secret in force stays. This is for a secret that has leaked: rotate, put the new secret in place, then send this. Whoever still has a former one cannot log anybody in any more, once the engines have it (`status`). Sent again it does nothing.',
  ended: { description: 'No former secret of this client works any more.', type: 'null' },
  problems,
}
