import type { FieldError } from '../pingfederate/failure.ts'
import { type Answers, toAnswer } from '../pingfederate/to-problem.ts'
import { Problem, type ProblemCode, type Violation } from '../problem.ts'
import type { PingAccessFailure } from './failure.ts'

const answers: Answers = {
  unreachable: {
    code: 'pingaccess_unreachable',
    detail: 'No connection to PingAccess could be made; nothing was done there. Try again.',
    retryAfterSeconds: 5,
  },
  tls: {
    code: 'pingaccess_tls',
    detail:
      'The certificate of PingAccess’s administrative API is not trusted, so nothing was sent. The operator has to look at PINGACCESS_CA_FILE and the certificate.',
  },
  credentials: {
    code: 'pingaccess_credentials_refused',
    detail:
      'PingAccess does not accept this service’s account; nothing was done there. The operator has to look at it.',
  },
  forbidden: {
    code: 'pingaccess_forbidden',
    detail:
      'PingAccess does not let this service’s account do this; nothing was done there. The operator finds its reason in the log.',
  },
  busy: {
    code: 'pingaccess_busy',
    detail: 'PingAccess takes no more requests at the moment; nothing was done there. Try again.',
    retryAfterSeconds: 10,
  },
  'server-error': {
    code: 'pingaccess_error',
    detail: 'PingAccess failed. Try again.',
    retryAfterSeconds: 10,
  },
  timeout: {
    code: 'pingaccess_timeout',
    detail: 'PingAccess did not answer in time. Try again.',
    retryAfterSeconds: 10,
  },
  broken: {
    code: 'pingaccess_error',
    detail: 'The connection to PingAccess broke. Try again.',
    retryAfterSeconds: 5,
  },
  unexpected: {
    code: 'pingaccess_invalid_response',
    detail: 'PingAccess answered something its API does not describe. The operator has to look at its log.',
    retryAfterSeconds: 30,
  },
}

/** What a call to PingAccess can end as. */
export const pingAccessProblems = [
  'refused_by_pingaccess',
  'pingaccess_credentials_refused',
  'pingaccess_forbidden',
  'pingaccess_tls',
  'pingaccess_error',
  'pingaccess_invalid_response',
  'pingaccess_unreachable',
  'pingaccess_busy',
  'pingaccess_timeout',
] as const satisfies ProblemCode[]

/** Where the caller's body has a field of PingAccess's; undefined where it has none. */
type ToPointer = (field: string) => string | undefined

/**
 * What the caller is told of a failed call: the upstream is named, its credentials and addresses are not.
 * @param toPointer so that a refusal points at what the caller has sent
 */
export const toPingAccessProblem = (
  failure: PingAccessFailure,
  toPointer: ToPointer = () => undefined,
): Problem => {
  if (failure.kind === 'invalid') return toRefusal(failure, toPointer)
  return toAnswer(answers[failure.kind], failure)
}

const toRefusal = (failure: PingAccessFailure, toPointer: ToPointer): Problem =>
  new Problem('refused_by_pingaccess', 'PingAccess refused it; nothing was changed there.', {
    cause: failure,
    violations: failure.fieldErrors.map(error => toViolation(error, toPointer)),
  })

/** PingAccess's own words, attributed, under the caller's own field. */
const toViolation = ({ fieldPath, message }: FieldError, toPointer: ToPointer): Violation => {
  const pointer = fieldPath === undefined ? undefined : toPointer(fieldPath)
  return {
    in: 'body',
    pointer: pointer ?? '',
    rule: 'pingaccess',
    detail: `PingAccess says${fieldPath === undefined ? '' : ` of ${fieldPath}`}: ${message}`,
    fix:
      fieldPath !== undefined && pointer === undefined
        ? 'You did not send what this is about. Tell the operator of this service.'
        : 'Correct the value, or ask the PingAccess administrator what is set up there.',
  }
}
