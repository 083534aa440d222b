import type { Store } from '../database/store.ts'
import type { Change, ChangeRequest, Outcome } from '../journal/change.ts'
import { lateCallMs } from '../journal/lease.ts'
import { givenUp } from '../journal/problems.ts'
import { lockOperation } from '../journal/read-operation.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import { findFormerSecrets } from '../pingfederate/new-secret.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { findRotatable } from './find-rotatable.ts'
import { getClient } from './get.ts'
import { holdAndLook } from './hold-and-look.ts'
import { forgetPrevious } from './rotation-rows.ts'
import { findHolder, findTaken } from './taken.ts'
import { toSaved, type Upstream } from './upstream.ts'

/** What it answers, the first time and again. */
type RevokePreviousAnswer = { clientId: string }

/**
 * The kind of change behind `DELETE /web-session-clients/{clientId}/previous-secrets`. Its evidence is that no former
 * secret is left, so it needs no marker of its own: the client bears that of the change before.
 */
export const revokePreviousChange: Change<Upstream, ChangeRequest, RevokePreviousAnswer> = {
  kind: 'revoke-previous',
  // A look, the version, the DELETE, a PUT, another look, status and settings of the cluster; two more leave room for renewed tokens.
  maxCalls: 9,
  check: findHolder,
  intend: async (trx, { clientId, actor }) => {
    await getClient(trx, actor.principal, clientId)
  },
  send: async ({ upstream, store, timeoutMs }, { clientId }, operation) => {
    const { pingFederate } = upstream
    // What arrives late ends the secret that a later rotation has left alive, or undoes that rotation.
    const looked = await holdAndLook({ store, timeoutMs }, operation, () =>
      findRotatable({ pingFederate, store }, { clientId, force: true }),
    )
    if (!('found' in looked)) return looked
    const { found } = looked
    if (findFormerSecrets(found, store.now()).length === 0) return toUnchanged(store, clientId)
    const failure = await pingFederate.endFormerSecrets(found).catch(asFailure)
    if (failure && !failure.isAmbiguous)
      return { kind: 'failed', problem: toProblem(failure), isFinal: false }
    // Also after an answer, because that does not say when the client was saved.
    const left = await pingFederate.findClient(clientId).catch(asFailure)
    const shown = left instanceof PingFederateFailure ? undefined : left
    if (!failure || (shown && findFormerSecrets(shown, store.now()).length === 0))
      return { kind: 'done', saved: await toSaved(upstream, shown) }
    return { kind: 'unknown', cause: failure, heldMs: lateCallMs(timeoutMs) }
  },
  look: async (upstream, { client_id: clientId, created_at: createdAt }) => {
    const found = await upstream.pingFederate.findClient(clientId)
    // By the time of its beginning, because what has ended by itself since then was not revoked.
    const isLeft = found !== undefined && findFormerSecrets(found, Date.parse(createdAt)).length > 0
    return isLeft
      ? { kind: 'not-done', code: 'outcome_unknown' }
      : { kind: 'done', saved: await toSaved(upstream, found) }
  },
  finish: async (trx, { operationId, clientId }, saved) => {
    const { state } = await lockOperation(trx, operationId)
    if (state === 'failed') throw givenUp(operationId)
    // Where another process has ended it as done, a rotation may have followed by now.
    if (state === 'intended') await forgetPrevious(trx, clientId, saved)
    return '{}'
  },
  undo: async () => undefined,
  answer: ({ clientId }) => ({ clientId }),
  answerAgain: async (_db, _request, { client_id: clientId }) => ({ clientId }),
}

/** There was nothing to end, so the engines have what they had. */
const toUnchanged = async ({ db }: Pick<Store, 'db'>, clientId: string): Promise<Outcome> => {
  const row = await findTaken(db, clientId)
  return { kind: 'done', saved: { savedAt: row?.saved_at ?? null, replication: row?.replication ?? 'ready' } }
}
