import type { Principal } from '../principal.ts'
import { type About, Problem } from '../problem.ts'
import { aboutRetrieval, type FoundRetrieval } from './find-retrieval.ts'
import { newSecretCall } from './new-secret-call.ts'

/**
 * @throws Problem `retrieval_expired`, `retrieval_revoked` or `retrieval_redeemed` unless the token is outstanding, and
 *   `operation_in_progress` while a new secret is replacing the one that it stands for
 */
export const refuseDead = (retrieval: FoundRetrieval, principal: Principal): void => {
  const { state, redeemed_at: redeemedAt, redeemed_by: redeemedBy, replaced_by: replacedBy } = retrieval
  const about = aboutRetrieval(retrieval)
  if (state === 'outstanding' && replacedBy !== null) throw beingReplaced(replacedBy, about)
  if (state === 'expired') throw expired(retrieval)
  if (state === 'revoked') {
    throw new Problem(
      'retrieval_revoked',
      replacedBy === null
        ? `The owning team has revoked this token. For a new secret and its token: ${newSecretCall(retrieval.client_id)}.`
        : `A new secret has replaced the one of this token. Its token was given to whoever asked for it; for another one: ${newSecretCall(retrieval.client_id)}.`,
      { about },
    )
  }
  if (state === 'redeemed') {
    throw new Problem(
      'retrieval_redeemed',
      `The secret was redeemed by ${redeemedBy} at ${redeemedAt}. If that was not you, tell your security team and replace the secret: ${newSecretCall(retrieval.client_id)}.`,
      { about: { ...about, outcome: isRetry(retrieval, principal) ? 'retried' : 'reused' } },
    )
  }
}

/** The secret may be dead by the time it is read: nobody is given it before it is known whether it still works. */
const beingReplaced = (operation: string, about: About): Problem =>
  new Problem(
    'operation_in_progress',
    'The client is being given a new secret at this moment, or it is not known yet how that ended. Send the token again after the time in Retry-After: it works if the new secret was not set, and is dead if it was.',
    { operation, about, headers: { 'retry-after': '10' } },
  )

export const expired = (retrieval: FoundRetrieval): Problem =>
  new Problem(
    'retrieval_expired',
    `The token has expired, and the sealed secret is erased. For a new secret and its token: ${newSecretCall(retrieval.client_id)}.`,
    { about: aboutRetrieval(retrieval) },
  )

/** A caller that lost the answer, or its HTTP client, tries again within seconds. */
const retryMs = 10_000

/** Whether the subject that redeemed the token sent it again at once. Both times are the database's. */
const isRetry = (
  { redeemed_at: redeemedAt, redeemed_by: redeemedBy, databaseTime }: FoundRetrieval,
  { subject }: Principal,
): boolean => redeemedBy === subject && Date.parse(databaseTime) - Date.parse(redeemedAt ?? '') <= retryMs
