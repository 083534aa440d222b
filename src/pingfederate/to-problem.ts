import { Problem, type ProblemCode, type Violation } from '../problem.ts'
import { toRequestPointer } from './client-fields.ts'
import type { ClientSettings } from './client-settings.ts'
import { type FailureKind, type FieldError, PingFederateFailure } from './failure.ts'

/** What is told of each kind of failure, and after how many seconds it makes sense to try again. */
export type Answers = Record<
  Exclude<FailureKind, 'invalid'>,
  { code: ProblemCode; detail: string; retryAfterSeconds?: number }
>

const answers: Answers = {
  unreachable: {
    code: 'pingfederate_unreachable',
    detail: 'No connection to PingFederate could be made; nothing was done. Try again.',
    retryAfterSeconds: 5,
  },
  tls: {
    code: 'pingfederate_tls',
    detail:
      'PingFederate’s certificate is not trusted, so nothing was sent. The operator has to look at PINGFEDERATE_CA_FILE and the certificate.',
  },
  credentials: {
    code: 'pingfederate_credentials_refused',
    detail:
      'PingFederate does not accept this service’s account; nothing was done. The operator has to look at it.',
  },
  forbidden: {
    code: 'pingfederate_forbidden',
    detail:
      'PingFederate does not let this service’s account do this, or has no licence accepted; nothing was done. The operator finds its reason in the log.',
  },
  busy: {
    code: 'pingfederate_busy',
    detail: 'PingFederate takes no more requests at the moment; nothing was done. Try again.',
    retryAfterSeconds: 10,
  },
  'server-error': {
    code: 'pingfederate_error',
    detail: 'PingFederate failed; nothing was done. Try again.',
    retryAfterSeconds: 10,
  },
  timeout: {
    code: 'pingfederate_timeout',
    detail: 'PingFederate did not answer in time. Try again.',
    retryAfterSeconds: 10,
  },
  broken: {
    code: 'pingfederate_error',
    detail: 'The connection to PingFederate broke; nothing was done. Try again.',
    retryAfterSeconds: 5,
  },
  unexpected: {
    code: 'pingfederate_invalid_response',
    detail: 'PingFederate answered something its API does not describe. The operator has to look at its log.',
    retryAfterSeconds: 30,
  },
}

/**
 * What the caller is told of a failed call: the upstream is named, its credentials and addresses are not.
 * @param settings those that were sent, so that a refusal points at the caller's own item
 */
export const toProblem = (failure: PingFederateFailure, settings?: ClientSettings): Problem => {
  if (failure.kind === 'invalid') return toRefusal(failure, settings)
  return toAnswer(answers[failure.kind], failure)
}

/** What the upstream itself asks to wait goes before ours. */
export const toAnswer = (
  { code, detail, retryAfterSeconds }: Answers[keyof Answers],
  failure: Error & { retryAfterSeconds: number | undefined },
): Problem => {
  const seconds = failure.retryAfterSeconds ?? retryAfterSeconds
  return new Problem(code, detail, {
    cause: failure,
    ...(seconds !== undefined && { headers: { 'retry-after': String(seconds) } }),
  })
}

/** The code alone, for a failure that no caller waits for; whatever else was thrown is a defect. */
export const toProblemCode = (error: unknown): ProblemCode =>
  error instanceof PingFederateFailure ? toProblem(error).code : 'internal_error'

/**
 * The same for a DELETE, which has nothing in it that could be wrong: what PingFederate itself refuses is in use there. How
 * it names that is not known for every version, so its words are told and not understood.
 */
export const toDeletionProblem = (failure: PingFederateFailure): Problem =>
  failure.kind === 'invalid' && failure.speaker === 'itself' ? toInUse(failure) : toProblem(failure)

const toInUse = (failure: PingFederateFailure): Problem =>
  new Problem('client_in_use', 'PingFederate does not let go of this client; nothing was changed.', {
    cause: failure,
    violations: failure.fieldErrors.map(error => ({
      ...{ in: 'path', pointer: '/clientId', rule: 'pingfederate', detail: quote(error) },
      fix: 'Have the PingFederate administrator take the client out of what uses it, then send the request again.',
    })),
  })

const toRefusal = (failure: PingFederateFailure, settings: ClientSettings | undefined): Problem =>
  new Problem('refused_by_pingfederate', 'PingFederate refused the client; nothing was changed.', {
    cause: failure,
    violations: failure.fieldErrors.map(each => toViolation(each, settings)),
  })

/** A refusal that can be foreseen without sending anything. */
export const wouldRefuse = (violations: Violation[]): Problem =>
  new Problem('refused_by_pingfederate', 'PingFederate would refuse the client.', { violations })

/** PingFederate's own words, attributed. */
const quote = ({ errorId, message }: FieldError): string =>
  `PingFederate says: ${message}${errorId === undefined ? '' : ` (${errorId})`}`

/** Under the caller's own field. */
const toViolation = (error: FieldError, settings: ClientSettings | undefined): Violation => {
  const { fieldPath } = error
  const pointer = toRequestPointer(fieldPath, settings)
  return {
    in: 'body',
    pointer: pointer ?? '',
    rule: 'pingfederate',
    detail: quote(error),
    fix:
      fieldPath !== undefined && pointer === undefined
        ? 'You did not send what this is about. Tell the operator of this service.'
        : 'Correct the value, or ask the PingFederate administrator what is set up there.',
  }
}
