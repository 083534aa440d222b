import { type Kysely, sql } from 'kysely'
import type { ClientRow, Database } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { ChangeRequest } from '../journal/change.ts'
import { findOpen } from '../journal/read-operation.ts'
import { mayReach, type Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { newSecretCall } from '../secret-retrievals/new-secret-call.ts'
import { getClient } from './get.ts'

/**
 * Who has a client id, in whatever case of letters, be it for a client or for an operation that is to make one: the very
 * same id before another one, since older versions let both be made.
 */
export const findTaken = async (db: Kysely<Database>, clientId: string): Promise<ClientRow | undefined> => {
  const { rows } = await selectInAnyCase(db, { lowered: clientId.toLowerCase() })
  return rows.find(row => row.client_id === clientId) ?? rows[0]
}

const selectInAnyCase = prepare((db, value: Placeholders<{ lowered: string }>) =>
  db.selectFrom('client').selectAll().where(sql`lower(client_id)`, '=', value.lowered),
)

/**
 * Refuses where the row alone says that the client id is taken: the operation that it belongs to need not be looked at.
 * @throws Problem `client_id_taken`
 */
export const refuseTaken = (taken: ClientRow, clientId: string, principal: Principal): void => {
  if (!mayReach(principal, taken.team)) throw takenByOthers(taken)
  if (taken.state !== 'active') return
  throw taken.client_id === clientId ? takenByYou(taken) : takenInAnotherCase(taken)
}

/** Another team learns that the id is taken and nothing more. */
const takenByOthers = (taken: ClientRow): Problem =>
  new Problem('client_id_taken', 'The client id is taken. Choose another one.', {
    about: { team: taken.team, clientId: taken.client_id },
  })

const takenInAnotherCase = (taken: ClientRow): Problem =>
  new Problem(
    'client_id_taken',
    `Team ${taken.team} has ${taken.client_id}, and ids that differ in the case of letters only are one. Use that client, or choose another id.`,
  )

const takenByYou = (taken: ClientRow): Problem =>
  new Problem(
    'client_id_taken',
    `Team ${taken.team} has this client since ${taken.created_at}; read it under this id, or choose another one. If its secret or the token for it got lost: ${newSecretCall(taken.client_id)}.`,
  )

/**
 * A client that another made is never touched.
 * @param maker the operation whose marker it bears: of a repetition that was faster, or of another installation
 */
export const existsAlready = (maker: string | undefined): Problem =>
  new Problem(
    'client_exists_in_pingfederate',
    maker === undefined
      ? 'PingFederate has a client of this id that this service did not make; it was not touched. Choose another client id, or have the operator adopt it.'
      : 'PingFederate has a client of this id that another request has made, such as a repetition of this one; it was not touched. Read the client; if your team does not have it, choose another client id.',
  )

/**
 * The operation that holds a client of the caller's, if any does: what is in the way of another change of it.
 * @throws Problem `client_not_found`
 */
export const findHolder = async (
  db: Kysely<Database>,
  { clientId, actor }: Pick<ChangeRequest, 'clientId' | 'actor'>,
): Promise<string | undefined> => {
  await getClient(db, actor.principal, clientId)
  return findOpen(db, clientId)
}

/** Somebody has replaced it by hand, or taken the mark out of its description: nobody can tell whose it is. */
export const notOurs = (): Problem =>
  new Problem(
    'client_exists_in_pingfederate',
    'PingFederate’s client of this id does not bear the mark of the change that made yours; it was not touched. Have the operator look at it.',
  )
