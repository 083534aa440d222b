import type { KeyObject } from 'node:crypto'
import type { Actor } from '../audit/actor.ts'
import type { OperationRow, RetrievalRow } from '../database/schema.ts'
import { Problem } from '../problem.ts'
import { Secret } from '../secret.ts'
import { readRetrieval } from '../secret-retrievals/find-retrieval.ts'
import { toRetrievalState } from '../secret-retrievals/retrieval-state.ts'
import { createToken, toIssueTime, toRetrievalId } from '../secret-retrievals/token.ts'
import { findCreatedClient } from '../web-session-clients/client-row.ts'
import { type PublishDependencies, publishClients } from '../web-session-clients/publish.ts'
import type { WebSessionClient } from '../web-session-clients/schema.ts'
import { deriveTokenBytes, type KnownRequest } from './idempotency.ts'
import { inProgress } from './problems.ts'
import { readOperation } from './read-operation.ts'
import { type SettleDependencies, settleOperation } from './settle.ts'

/** What a create answers, the first time and again. */
export type CreateAnswer = {
  client: WebSessionClient
  retrieval: Pick<ReturnType<typeof toRetrievalState>, 'state' | 'expiresAt' | 'redeemableBy'> & {
    token: Secret | null
  }
}

export type ReplayDependencies = SettleDependencies &
  PublishDependencies & { config: { secretKeys: readonly KeyObject[] } }

/**
 * Answers a repetition under the same key as the first time, with a working token as long as the secret is not redeemed.
 * Undefined when the first request turned out to have made nothing, so that this one may begin.
 * @throws Problem `idempotency_key_reused`, `team_not_yours`, `operation_in_progress`, or the refusal that the first request got
 */
export const replayCreate = async (
  dependencies: ReplayDependencies,
  { operation, hasSameBody }: KnownRequest,
  key: Secret,
  actor: Actor,
): Promise<CreateAnswer | undefined> => {
  if (!hasSameBody) throw keyReused()
  if (!actor.principal.teams.includes(operation.team)) throw noLongerYours()
  const ended = await endOf(dependencies, operation, actor)
  if (ended.refusal !== null) throw toRefusal(ended.refusal)
  const client = findCreatedClient(ended)
  if (!client || ended.retrieval_id === null) return undefined
  const row = await readRetrieval(dependencies.store.db, ended.retrieval_id)
  const { state, expiresAt, redeemableBy } = toRetrievalState(row)
  const token = state === 'outstanding' ? deriveToken(dependencies.config.secretKeys, row, ended, key) : null
  return {
    client,
    retrieval: { token, state, expiresAt, redeemableBy },
  }
}

const endOf = async (
  dependencies: ReplayDependencies,
  operation: OperationRow,
  actor: Actor,
): Promise<OperationRow> => {
  if (operation.state !== 'intended') return operation
  const settled = await settleOperation(dependencies, operation, actor)
  if (!settled) throw inProgress(operation.operation_id)
  void publishClients(dependencies, settled.unpublished)
  return readOperation(dependencies.store.db, operation.operation_id)
}

/** The row's id tells whether it is the token that was answered, also when the server key was changed since. */
const deriveToken = (
  secretKeys: readonly KeyObject[],
  { retrieval_id: retrievalId }: Pick<RetrievalRow, 'retrieval_id'>,
  operation: OperationRow,
  key: Secret,
): Secret | null => {
  const issuedAt = toIssueTime(retrievalId)
  const tokens = secretKeys.map(secretKey =>
    createToken(issuedAt, deriveTokenBytes(secretKey, key, operation.operation_id)),
  )
  const token = tokens.find(each => toRetrievalId(each) === retrievalId)
  return token === undefined ? null : new Secret(token)
}

const toRefusal = (refusal: string): Problem => {
  const { code, detail, violations } = JSON.parse(refusal)
  return new Problem(code, detail, { ...(violations && { violations }) })
}

const keyReused = (): Problem =>
  new Problem(
    'idempotency_key_reused',
    'This key was sent with another body before; nothing was changed. Use a new key for a new request.',
  )

/** Who has left the team since gets none of its tokens, although the key was theirs. */
const noLongerYours = (): Problem =>
  new Problem(
    'team_not_yours',
    'Under this key a client was requested for a team that your access token does not name any more.',
  )
