import type { ProblemCode } from '../problem.ts'
import { changeProblems } from './change-document.ts'

const problems = [
  'client_not_found',
  'client_exists_in_pingfederate',
  'client_drifted',
  'client_enabled',
  'client_disabled_recently',
  'client_created_recently',
  'client_in_use',
  'operation_in_progress',
  ...changeProblems,
] as const satisfies ProblemCode[]

/** What the API document says of deleting a client. */
export const deleteDocument = {
  description:
    'Deletes the client in PingFederate and here, for good: its secrets log nobody in any more, its outstanding retrieval token is dead, and its id is free. Only a client that is switched off, here (`enabled`) and in PingFederate, for as long as this installation demands: switched off it can be switched on again as it was, deleted it cannot. Nor right after its create: not before every request of that has arrived or is lost, which takes 39 time-outs of a call (six and a half minutes by default). A client that PingFederate says it does not have needs no switching off. What became of a delete whose answer got lost is read in its operation; sent again it is 404 once the client is gone.',
  deleted: { description: 'The client is gone, in PingFederate and here.', type: 'null' },
  problems,
}
