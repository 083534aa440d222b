import type { OperationRow } from '../database/schema.ts'
import { replayed } from '../http/idempotency-key.ts'
import { mayReach } from '../principal.ts'
import { Problem } from '../problem.ts'
import type { Change, ChangeRequest, Journal } from './change.ts'
import { findKnownRequest, type KnownRequest, mayBeginAgain } from './idempotency.ts'
import { settleNow } from './settle-now.ts'

/**
 * Answers a repetition under the same key as the first time; undefined where there was none, or where the first request
 * turned out to have made nothing, so that this one may begin.
 * @throws Problem `idempotency_key_reused`, `team_not_yours`, `operation_in_progress`, `outcome_unknown`, or the refusal
 *   that the first request got
 */
export const answerRepetition = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
): Promise<Answer | undefined> => {
  const known = request.idempotent && (await findKnownRequest(journal.store.db, request.idempotent))
  return known && !mayBeginAgain(known) ? answerKnown(journal, change, request, known) : undefined
}

/** The same for what is known of the first request already. */
export const answerKnown = async <Upstream, Request extends ChangeRequest, Answer>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, Answer>,
  request: Request,
  { operation, hasSameBody }: KnownRequest,
): Promise<Answer | undefined> => {
  if (!hasSameBody) throw keyReused()
  if (!mayReach(request.actor.principal, operation.team)) throw noLongerYours()
  const ended = await endOf(journal, operation, request)
  if (ended.refusal !== null) throw toRefusal(ended.refusal)
  return ended.state === 'done' ? change.answerAgain(journal.store.db, request, ended) : undefined
}

const endOf = <Upstream>(
  journal: Journal<Upstream>,
  operation: OperationRow,
  { actor }: ChangeRequest,
): Promise<OperationRow> | OperationRow =>
  operation.state === 'intended' ? settleNow(journal, operation, actor) : operation

const toRefusal = (refusal: string): Problem => {
  const { code, detail, violations } = JSON.parse(refusal)
  return new Problem(code, detail, { headers: replayed, ...(violations && { violations }) })
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
