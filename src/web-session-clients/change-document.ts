import { Type } from 'typebox'
import { pingAccessProblems } from '../pingaccess/to-problem.ts'
import type { ProblemCode } from '../problem.ts'

/** What reading a client in PingFederate can end as. */
export const readProblems = [
  'pingfederate_credentials_refused',
  'pingfederate_forbidden',
  'pingfederate_tls',
  'pingfederate_error',
  'pingfederate_invalid_response',
  'pingfederate_unreachable',
  'pingfederate_busy',
  'pingfederate_timeout',
] as const satisfies ProblemCode[]

/** The same of every change of a client. */
export const changeProblems = [
  'refused_by_pingfederate',
  ...readProblems,
  'outcome_unknown',
] as const satisfies ProblemCode[]

/** The same of what goes into PingAccess as well. */
export const deliveryProblems = [
  'web_session_taken',
  'not_published',
  'pingaccess_not_configured',
  'delivery_failed',
  ...pingAccessProblems,
] as const satisfies ProblemCode[]

/** The same of every new secret. */
export const newSecretProblems = [
  'client_not_found',
  'client_exists_in_pingfederate',
  'client_missing_in_pingfederate',
  'client_drifted',
  'previous_secret_alive',
  'operation_in_progress',
  'idempotency_key_reused',
  'team_not_yours',
  ...deliveryProblems,
  ...changeProblems,
] as const satisfies ProblemCode[]

/** The query of a change that can be tried out. */
export const dryRunQuery = (description: string) =>
  Type.Object(
    {
      dryRun: Type.Optional(
        Type.Boolean({
          default: false,
          description,
          'x-fix': 'Send dryRun=true or dryRun=false, once.',
        }),
      ),
    },
    { additionalProperties: false },
  )
