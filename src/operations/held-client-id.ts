import type { Actor } from '../audit/record.ts'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { Problem } from '../http/problem.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { lookUp } from './carry-out.ts'
import { failCreate, finishCreate } from './finish.ts'

type Dependencies = { store: Store; pingFederate: PingFederate; replication: Replication; now: () => number }

/**
 * Answers a create whose client id is held: refuses it, except where the holder is an operation of the caller's own
 * team that nobody works on any more and that, as PingFederate shows, made nothing. Then the id is free again.
 * @throws Problem `client_id_taken`, `operation_in_progress`, or what PingFederate's failure amounts to
 */
export const refuseOrRelease = async (
  dependencies: Dependencies,
  holder: ClientRow,
  actor: Actor,
): Promise<void> => {
  if (!actor.principal.teams.includes(holder.team)) throw takenByOthers()
  if (holder.state === 'active') throw takenByYou(holder)
  if (!(await isAbandoned(dependencies, holder))) throw inProgress(holder)
  const operation = { operationId: holder.operation_id, clientId: holder.client_id, team: holder.team, actor }
  const found = await lookUp(dependencies.pingFederate, holder.client_id, holder.operation_id).catch(
    error => {
      throw error instanceof PingFederateFailure ? toProblem(error) : error
    },
  )
  if (found?.kind === 'created') {
    const replication = await dependencies.replication.statusAfterSave()
    throw takenByYou(
      await finishCreate(dependencies.store, operation, { replication, savedAt: found.client.savedAt }),
    )
  }
  await failCreate(dependencies.store, operation, found ? 'client_exists_in_pingfederate' : 'outcome_unknown')
}

const isAbandoned = async ({ store, now }: Dependencies, holder: ClientRow): Promise<boolean> => {
  const operation = await store.db
    .selectFrom('operation')
    .select(['state', 'lease_until'])
    .where('operation_id', '=', holder.operation_id)
    .executeTakeFirstOrThrow()
  return operation.state === 'intended' && operation.lease_until < new Date(now()).toISOString()
}

/** Another team learns that the id is taken and nothing more. */
const takenByOthers = (): Problem =>
  new Problem('client_id_taken', 'The client id is taken. Choose another one.')

const takenByYou = (holder: ClientRow): Problem =>
  new Problem(
    'client_id_taken',
    `Your team ${holder.team} has this client since ${holder.created_at}; read it at /web-session-clients/${holder.client_id}.`,
  )

const inProgress = (holder: ClientRow): Problem =>
  new Problem(
    'operation_in_progress',
    'Your team is creating this client already. Wait for the answer to that request.',
    {
      operation: holder.operation_id,
      headers: { 'retry-after': '10' },
    },
  )
