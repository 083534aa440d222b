import type { KeyObject } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Database, OperationRow } from '../database/schema.ts'
import { deriveTokenBytes } from '../journal/idempotency.ts'
import { Secret } from '../secret.ts'
import { readRetrieval } from './find-retrieval.ts'
import { toRetrievalState } from './retrieval-state.ts'
import { createToken, toIssueTime, toRetrievalId } from './token.ts'

/** A retrieval as it is answered again; the token is null if it does not work any more. */
export type RepeatedRetrieval = Pick<
  ReturnType<typeof toRetrievalState>,
  'state' | 'expiresAt' | 'redeemableBy'
> & { token: Secret | null }

/** Reads the retrieval of an operation and derives its token again from the idempotency key. */
export const repeatRetrieval = async (
  db: Kysely<Database>,
  operation: Pick<OperationRow, 'operation_id' | 'retrieval_id'>,
  under: { key: Secret; secretKeys: readonly KeyObject[] },
): Promise<RepeatedRetrieval> => {
  if (operation.retrieval_id === null) throw new Error('The operation hands out no secret.')
  const row = await readRetrieval(db, operation.retrieval_id)
  const { state, expiresAt, redeemableBy } = toRetrievalState(row)
  const token = state === 'outstanding' ? deriveToken(row.retrieval_id, operation.operation_id, under) : null
  return { token, state, expiresAt, redeemableBy }
}

/** Derives a token with each server key, because the key may have changed, and returns the one with the row's id. */
const deriveToken = (
  retrievalId: string,
  operationId: string,
  { key, secretKeys }: { key: Secret; secretKeys: readonly KeyObject[] },
): Secret | null => {
  const issuedAt = toIssueTime(retrievalId)
  const tokens = secretKeys.map(secretKey =>
    createToken(issuedAt, deriveTokenBytes(secretKey, key, operationId)),
  )
  const token = tokens.find(each => toRetrievalId(each) === retrievalId)
  return token === undefined ? null : new Secret(token)
}
