import type { Kysely } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import type { ClientRow, Database } from '../database/schema.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { type PublishDependencies, publishClients } from '../web-session-clients/publish.ts'
import { inProgress } from './problems.ts'
import { readOperation } from './read-operation.ts'
import { type SettleDependencies, settleOperation } from './settle.ts'

/** Who has a client id, be it for a client or for an operation that is to make one. */
export const findHolder = (db: Kysely<Database>, clientId: string): Promise<ClientRow | undefined> =>
  db.selectFrom('client').selectAll().where('client_id', '=', clientId).executeTakeFirst()

/**
 * Answers a create whose client id is held: refuses it, except where the holder is an operation of the caller's own
 * team that nobody works on any more and that, as PingFederate shows, made nothing. Then the id is free again.
 * @throws Problem `client_id_taken`, `operation_in_progress`
 * @throws PingFederateFailure when PingFederate cannot be asked
 */
export const refuseOrRelease = async (
  dependencies: SettleDependencies & PublishDependencies,
  holder: ClientRow,
  actor: Actor,
): Promise<void> => {
  refuseTaken(holder, actor.principal)
  const operation = await readOperation(dependencies.store.db, holder.operation_id)
  if (operation.state === 'intended') {
    const settled = await settleOperation(dependencies, operation, actor)
    if (!settled) throw inProgress(holder.operation_id)
    void publishClients(dependencies, settled.unpublished)
  }
  const { state } = await readOperation(dependencies.store.db, holder.operation_id)
  if (state === 'done') throw takenByYou(holder)
}

/**
 * Refuses where the holder's row alone says that the id is taken.
 * @throws Problem `client_id_taken`
 */
export const refuseTaken = (holder: ClientRow, { teams }: Principal): void => {
  if (!teams.includes(holder.team)) throw takenByOthers(holder)
  if (holder.state === 'active') throw takenByYou(holder)
}

/** Another team learns that the id is taken and nothing more. */
const takenByOthers = (holder: ClientRow): Problem =>
  new Problem('client_id_taken', 'The client id is taken. Choose another one.', {
    about: { team: holder.team, clientId: holder.client_id },
  })

export const takenByYou = (holder: ClientRow): Problem =>
  new Problem(
    'client_id_taken',
    `Your team ${holder.team} has this client since ${holder.created_at}; read it at /web-session-clients/${holder.client_id}.`,
  )
