import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Change, ChangeRequest, Outcome } from '../journal/change.ts'
import { lateCallMs } from '../journal/lease.ts'
import { givenUp } from '../journal/problems.ts'
import { lockOperation } from '../journal/read-operation.ts'
import { asFailure } from '../pingfederate/failure.ts'
import { toDeletionProblem } from '../pingfederate/to-problem.ts'
import { revokeOutstanding } from '../secret-retrievals/revoke.ts'
import { findDeletable } from './find-deletable.ts'
import { getClient } from './get.ts'
import { holdAndLook } from './hold-and-look.ts'
import { findHolder } from './taken.ts'
import { toSaved, type Upstream } from './upstream.ts'

/** @property graceMinutes how long the client must have been switched off */
export type DeleteRequest = ChangeRequest & { graceMinutes: number }

/** What a delete answers, the first time and again. */
type DeleteAnswer = { clientId: string }

/** The kind of change that takes a client out of PingFederate and out of this service. */
export const deleteChange: Change<Upstream, DeleteRequest, DeleteAnswer> = {
  kind: 'delete',
  // A look, the DELETE, another look, status and settings of the cluster; two more leave room for renewed tokens.
  maxCalls: 7,
  check: findHolder,
  intend: async (trx, { clientId, actor }) => {
    await getClient(trx, actor.principal, clientId)
  },
  send: async ({ upstream, store, timeoutMs }, request, operation) => {
    const { pingFederate } = upstream
    const { clientId } = request
    const looked = await holdAndLook({ store, timeoutMs }, operation, () =>
      findDeletable({ pingFederate, store }, { ...request, timeoutMs }),
    )
    if (!('found' in looked)) return looked
    if (!looked.found) return toDone(upstream)
    const failure = await pingFederate.deleteClient(clientId).catch(asFailure)
    if (!failure) return toDone(upstream)
    if (!failure.isAmbiguous) return { kind: 'failed', problem: toDeletionProblem(failure), isFinal: false }
    const left = await pingFederate.findClient(clientId).catch(asFailure)
    // Still there is no failure: the DELETE may be on its way.
    return left ? { kind: 'unknown', cause: failure, heldMs: lateCallMs(timeoutMs) } : toDone(upstream)
  },
  look: async (upstream, { client_id: clientId }) =>
    (await upstream.pingFederate.findClient(clientId))
      ? { kind: 'not-done', code: 'outcome_unknown' }
      : { kind: 'done', saved: await toSaved(upstream) },
  finish: async (trx, { clientId, operationId }) => {
    const { state } = await lockOperation(trx, operationId)
    if (state === 'failed') throw givenUp(operationId)
    // Where another process has ended it as done, the client id may be that of a new client by now.
    if (state === 'intended') await removeClient(trx, clientId)
    return '{}'
  },
  undo: async () => undefined,
  answer: ({ clientId }) => ({ clientId }),
  answerAgain: async (_db, _request, { client_id: clientId }) => ({ clientId }),
}

const toDone = async (upstream: Upstream): Promise<Outcome> => ({
  kind: 'done',
  saved: await toSaved(upstream),
})

/** Its token dies with it; the retrieval stays, so that whoever sends the token is told so. */
const removeClient = async (trx: Kysely<Database>, clientId: string): Promise<void> => {
  const { retrieval_id: retrievalId } = await trx
    .deleteFrom('client')
    .where('client_id', '=', clientId)
    .returning('retrieval_id')
    .executeTakeFirstOrThrow()
  await revokeOutstanding(trx, retrievalId)
}
