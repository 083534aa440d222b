import { Problem } from '../http/problem.ts'

/** Somebody works on the operation. */
export const inProgress = (operation: string): Problem =>
  new Problem(
    'operation_in_progress',
    'Your team is creating this client already. Wait for the answer to that request.',
    {
      operation,
      headers: { 'retry-after': '10' },
    },
  )

/** What happened at PingFederate cannot be told within this request. */
export const outcomeUnknown = (operation: string, cause: unknown): Problem =>
  new Problem(
    'outcome_unknown',
    'It could not be found out whether the client was made. The operation is settled in the background; send the same request again in a minute.',
    { operation, cause, headers: { 'retry-after': '60' } },
  )

/** A client that this service did not make is never touched. */
export const existsAlready = (): Problem =>
  new Problem(
    'client_exists_in_pingfederate',
    'PingFederate has a client of this id that this service did not make; it was not touched. Choose another client id, or have the operator adopt it.',
  )
