import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import { Problem } from '../problem.ts'
import { expireRetrieval } from './expire.ts'
import { aboutRetrieval, type FoundRetrieval, readRetrieval } from './find-retrieval.ts'
import { newSecretCall } from './new-secret-call.ts'
import { toRetrievalState } from './retrieval-state.ts'

/** Kills an outstanding token and erases its sealed secret. False where the retrieval had come to another end. */
export const revokeOutstanding = async (trx: Kysely<Database>, retrievalId: string): Promise<boolean> => {
  const { numAffectedRows } = await revoke(trx, { retrievalId })
  return numAffectedRows === 1n
}

const revoke = prepare((db, value: Placeholders<{ retrievalId: string }>) =>
  db
    .updateTable('retrieval')
    .set({ state: 'revoked', sealed: null })
    .where('retrieval_id', '=', value.retrievalId)
    .where('state', '=', 'outstanding'),
)

type Revocation = { isRevoked: boolean; retrieval: FoundRetrieval }

/** Kills the token unless it came to another end before, and resolves to what the retrieval is then. */
export const revokeInTime = async (trx: Kysely<Database>, retrievalId: string): Promise<Revocation> => {
  const retrieval = await readRetrieval(trx, retrievalId)
  const isExpired = toRetrievalState(retrieval).state === 'expired'
  if (isExpired) await expireRetrieval(trx, retrieval)
  const isRevoked = !isExpired && (await revokeOutstanding(trx, retrievalId))
  // On PostgreSQL another request may redeem it between the two statements.
  return { isRevoked, retrieval: await readRetrieval(trx, retrievalId) }
}

/** @throws Problem `retrieval_redeemed` or `retrieval_expired`, as a conflict with the state of the client, not of a token */
export const refuseTooLate = (retrieval: FoundRetrieval): void => {
  const { state, expires_at: expiresAt, redeemed_at: redeemedAt, redeemed_by: redeemedBy } = retrieval
  const options = { status: 409, about: aboutRetrieval(retrieval) }
  if (state === 'redeemed')
    throw new Problem(
      'retrieval_redeemed',
      `Too late: the secret was redeemed by ${redeemedBy} at ${redeemedAt}. If that was not who should have it, replace the secret: ${newSecretCall(retrieval.client_id)}.`,
      options,
    )
  if (state === 'expired')
    throw new Problem(
      'retrieval_expired',
      `Nothing to revoke: the token expired at ${expiresAt} without being redeemed, and the sealed secret is erased. For a new secret and its token: ${newSecretCall(retrieval.client_id)}.`,
      options,
    )
}
