import type { KeyObject } from 'node:crypto'
import { databaseTime } from '../database/database-time.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Change, ChangeRequest, Outcome, Saved } from '../journal/change.ts'
import { holdForLateCall, lateCallMs } from '../journal/lease.ts'
import { givenUp } from '../journal/problems.ts'
import { isGivenUp } from '../journal/read-operation.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import type { ClientLimit } from '../policy/client-limit.ts'
import { insertRetrieval } from '../secret-retrievals/insert-retrieval.ts'
import type { IssuedRetrieval } from '../secret-retrievals/issue.ts'
import { type RepeatedRetrieval, repeatRetrieval } from '../secret-retrievals/repeat-retrieval.ts'
import { type CreateOutcome, carryOutCreate, lookUp } from './carry-out.ts'
import { findCreatedClient, toCreatedClient, toFacts, toSearchText } from './client-row.ts'
import { keepClientLimit } from './keep-client-limit.ts'
import type { WebSessionClient } from './schema.ts'
import { existsAlready, findTaken, refuseTaken } from './taken.ts'
import { toSaved, type Upstream } from './upstream.ts'

/** Everything a create has chosen before PingFederate is called, so that one durable commit is enough. */
export type CreateRequest = ChangeRequest & {
  client: NewClient
  /** Of the team, where it has one. */
  clientLimit: ClientLimit | undefined
  retrieval: IssuedRetrieval
  /** Those under which a token may have been derived from an idempotency key, the current one first. */
  secretKeys: readonly KeyObject[]
}

/** What a create answers, the first time and again. */
export type CreateAnswer = { client: WebSessionClient; retrieval: RepeatedRetrieval; isReplayed: boolean }

/** The kind of change behind `POST /web-session-clients`. */
export const createChange: Change<Upstream, CreateRequest, CreateAnswer> = {
  kind: 'create',
  // Version, two POSTs with a look-up each, status and settings of the cluster; two more leave room for renewed tokens.
  maxCalls: 9,
  check: async (db, { clientId, actor }) => {
    const taken = await findTaken(db, clientId)
    if (!taken) return undefined
    refuseTaken(taken, clientId, actor.principal)
    return taken.operation_id
  },
  reserve: async (trx, request) => {
    const { numAffectedRows } = await reserveClientId(trx, toReservation(request))
    return numAffectedRows === 1n
  },
  intend: async (trx, { retrieval, clientId, team, clientLimit, actor }, store) => {
    const { subject, clientId: oauthClientId = '' } = actor.principal
    await insertRetrieval(trx, {
      ...{ ...retrieval, clientId, team, subject, oauthClientId },
      previousEndsAt: null,
    })
    await keepClientLimit(store, trx, clientLimit)
  },
  send: async ({ upstream, store, timeoutMs }, { client, retrieval, operationId }, operation) =>
    toOutcome(
      { upstream, timeoutMs, client },
      await carryOutCreate(upstream.pingFederate, {
        client,
        secret: retrieval.secret,
        operationId,
        isGivenUp: maker => isGivenUp(store.db, maker, client.clientId),
        holdForTakeOver: () => holdForLateCall(store, operation, timeoutMs),
      }),
    ),
  look: async (upstream, { client_id: clientId, operation_id: operationId }) => {
    const found = await lookUp(upstream.pingFederate, clientId, operationId)
    if (found?.kind === 'created') return { kind: 'done', saved: await toSaved(upstream, found.client) }
    return { kind: 'not-done', code: found ? 'client_exists_in_pingfederate' : 'outcome_unknown' }
  },
  finish: async (trx, operation, saved) => {
    const { clientId, operationId } = operation
    const [row] = (await activateClient(trx, { ...saved, clientId, operationId })).rows
    if (!row) throw givenUp(operationId)
    return toFacts(row)
  },
  undo: async (trx, { clientId, operationId }) => {
    const { retrieval_id: retrievalId } = await trx
      .deleteFrom('client')
      .where('client_id', '=', clientId)
      .where('operation_id', '=', operationId)
      .returning('retrieval_id')
      .executeTakeFirstOrThrow()
    await trx.deleteFrom('retrieval').where('retrieval_id', '=', retrievalId).execute()
  },
  answer: ({ client, actor, retrieval: { token, expiresAt, redeemableBy } }, facts) => ({
    client: toCreatedClient(facts, {
      clientId: client.clientId,
      team: client.team,
      createdBy: actor.principal.subject,
    }),
    retrieval: { token, state: 'outstanding', expiresAt, redeemableBy },
    isReplayed: false,
  }),
  answerAgain: async (db, { idempotent, secretKeys }, operation) => {
    const client = findCreatedClient(operation)
    if (!client || !idempotent) return undefined
    const retrieval = await repeatRetrieval(db, operation, { key: idempotent.key, secretKeys })
    return { client, retrieval, isReplayed: true }
  },
}

type Sent = { upstream: Upstream; timeoutMs: number; client: NewClient }

const toOutcome = async ({ upstream, timeoutMs, client }: Sent, outcome: CreateOutcome): Promise<Outcome> => {
  if (outcome.kind === 'created') return { kind: 'done', saved: await toSaved(upstream, outcome.client) }
  if (outcome.kind === 'foreign')
    return { kind: 'failed', problem: existsAlready(outcome.maker), isFinal: true }
  const { failure } = outcome
  if (outcome.kind === 'failed')
    return {
      kind: 'failed',
      problem: toProblem(failure, client.settings),
      isFinal: failure.kind === 'invalid' && failure.speaker === 'itself',
    }
  return { kind: 'unknown', cause: failure, ...(outcome.mayReplace && { heldMs: lateCallMs(timeoutMs) }) }
}

type Reservation = {
  clientId: string
  team: string
  name: string
  searchText: string
  settings: string
  operationId: string
  retrievalId: string
  subject: string
}

const toReservation = ({ client, operationId, actor, retrieval }: CreateRequest): Reservation => ({
  clientId: client.clientId,
  team: client.team,
  name: client.name,
  searchText: toSearchText(client),
  settings: JSON.stringify(client.settings),
  operationId,
  retrievalId: retrieval.retrievalId,
  subject: actor.principal.subject,
})

const reserveClientId = prepare(
  (db, value: Placeholders<Reservation>) =>
    db
      .insertInto('client')
      .values({
        client_id: value.clientId,
        team: value.team,
        name: value.name,
        search_text: value.searchText,
        state: 'provisioning',
        replication: 'replicating',
        settings: value.settings,
        operation_id: value.operationId,
        retrieval_id: value.retrievalId,
        saved_at: null,
        created_at: databaseTime,
        created_by: value.subject,
        updated_at: databaseTime,
      })
      // Whichever of the two it is: the very same id, or one in another case of letters.
      .onConflict(conflict => conflict.doNothing()),
  { told: ['operation_id', 'operationId'] },
)

type Activation = Saved & { clientId: string; operationId: string }

const activateClient = prepare((db, value: Placeholders<Activation>) =>
  db
    .updateTable('client')
    .set({ state: 'active', replication: value.replication, saved_at: value.savedAt })
    .where('client_id', '=', value.clientId)
    .where('operation_id', '=', value.operationId)
    .returningAll(),
)
