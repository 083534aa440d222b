import { Problem } from '../problem.ts'

/** Somebody works on the operation. */
export const inProgress = (operation: string): Problem =>
  new Problem(
    'operation_in_progress',
    'Somebody is changing this client already, or it is not known yet how that ended. Wait for the answer to that request, or read the operation: it holds the client id until nothing of it can arrive in PingFederate any more.',
    {
      operation,
      headers: { 'retry-after': '10' },
    },
  )

/** The lease ended before PingFederate's answer came, and whoever settled the operation saw nothing yet. */
export const givenUp = (operation: string): Problem =>
  new Problem(
    'outcome_unknown',
    'PingFederate answered so late that another request has given this one up. Read the client, then decide.',
    { operation, headers: { 'retry-after': '10' } },
  )

/** On PostgreSQL another replica can free the client between two statements. */
export const becameFree = (): Problem =>
  new Problem('operation_in_progress', 'The client has just become free. Send the request again.', {
    headers: { 'retry-after': '1' },
  })

/** Recovery looks as often, in milliseconds. */
export const lookAgainMs = 10_000

/**
 * What happened at PingFederate cannot be told within this request.
 * @param waitMs after which asking again makes sense: until the lease is over the answer is that it still runs
 */
export const outcomeUnknown = (operation: string, cause: unknown, waitMs: number): Problem =>
  new Problem(
    'outcome_unknown',
    'It is not known whether the change has been made. The operation is settled in the background; send the same request again after the time in Retry-After.',
    { operation, cause, headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } },
  )
