import type { Kysely } from 'kysely'
import type { ClientRow, Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { DriftState } from '../database/vocabulary.ts'
import { inProgress } from '../journal/problems.ts'
import { findOpen, isGivenUp } from '../journal/read-operation.ts'
import { findDifferences } from '../pingfederate/differences.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { type Difference, Problem } from '../problem.ts'
import { toNewClient } from './client-row.ts'
import { findTaken, notOurs } from './taken.ts'

export type Where = { pingFederate: Pick<PingFederate, 'findClient'>; store: Pick<Store, 'db'> }

/**
 * What PingFederate has in the place of a client of this service.
 * - `ours`: the client, with what is not as it was set
 * - `foreign`: one that bears the marker of another installation
 * - `missing`: none, in PingFederate's own word
 */
export type Looked = Compared | { kind: 'missing' }

type Compared =
  | { kind: 'ours'; found: ClientInPingFederate; row: ClientRow; differences: Difference[] }
  | { kind: 'foreign'; maker: string; differences: Difference[] }

/**
 * Reads a client in PingFederate and compares it.
 * @param known its row as it was read before: it is not read again where PingFederate has just that
 * @throws Problem what became of the look, `operation_in_progress`, or `client_not_found` where the client has
 *   just been deleted here
 */
export const lookForOurs = async (
  { pingFederate, store: { db } }: Where,
  clientId: string,
  known?: ClientRow,
): Promise<Looked> => {
  const found = await pingFederate.findClient(clientId).catch(asFailure)
  if (found instanceof PingFederateFailure) throw toProblem(found)
  if (!found) return { kind: 'missing' }
  if (known && (findMaker(found) ?? '') === known.operation_id && findDrift(found, known).length === 0)
    return { kind: 'ours', found, row: known, differences: [] }
  const row = await findTaken(db, clientId)
  if (!row) throw new Problem('client_not_found', 'Somebody has just deleted the client.')
  const compared = await compare(db, found, row)
  // What a change has written whose end is not known yet.
  if (compared.kind === 'foreign' && compared.maker === (await findOpen(db, clientId)))
    throw inProgress(compared.maker)
  return compared
}

/**
 * The same where anything but a client of ours stands in the way.
 * @throws Problem `client_missing_in_pingfederate`, `client_exists_in_pingfederate`, `operation_in_progress`, and as {@link lookForOurs}
 */
export const findOurs = async (
  where: Where,
  clientId: string,
  known?: ClientRow,
): Promise<Extract<Looked, { kind: 'ours' }>> => {
  const looked = await lookForOurs(where, clientId, known)
  if (looked.kind === 'missing') throw missing()
  if (looked.kind === 'foreign') throw notOurs()
  return looked
}

/**
 * The same where the client bears a marker: without one nobody knows whether it is the one that was made here, or another
 * one that was made in its place.
 * @throws Problem `client_drifted`
 */
export const requireMarker = ({ found, row, differences }: Extract<Looked, { kind: 'ours' }>): void => {
  if (findMaker(found) === undefined && row.operation_id !== '') throw drifted(row.client_id, differences)
}

/**
 * A client whose marker somebody has removed is drifted, not foreign. One that bears the marker of an operation that had
 * been given up is what that has left so late.
 */
export const compare = async (
  db: Kysely<Database>,
  found: ClientInPingFederate,
  row: ClientRow,
): Promise<Compared> => {
  const differences = findDrift(found, row)
  const maker = findMaker(found)
  const isOurs =
    maker === undefined || row.operation_id === maker || (await isGivenUp(db, maker, row.client_id))
  return isOurs ? { kind: 'ours', found, row, differences } : { kind: 'foreign', maker, differences }
}

/** How what was found differs from what was set; null where it does not. */
export const toDriftState = (looked: Looked): DriftState | null => {
  if (looked.kind !== 'ours') return looked.kind
  const { differences } = looked
  if (differences.length === 0) return null
  const isReenabled = differences.some(({ pointer, actual }) => pointer === '/enabled' && actual === true)
  return isReenabled ? 'reenabled' : 'changed'
}

/** Where a client in PingFederate is not what its row says. */
const findDrift = (found: ClientInPingFederate, row: ClientRow): Difference[] =>
  findDifferences(found, { ...toNewClient(row), operationId: row.operation_id || undefined })

const missing = (): Problem =>
  new Problem(
    'client_missing_in_pingfederate',
    'PingFederate does not have this client any more, so nothing of it can be changed. Somebody has deleted it there: have the operator look at it.',
  )

/** The answer to a change of what somebody else has changed, who would not be heard. */
export const drifted = (clientId: string, differences: readonly Difference[]): Problem =>
  new Problem(
    'client_drifted',
    `PingFederate has this client otherwise than this service has set it; nothing was changed. Send POST /web-session-clients/${clientId}/reconciliations with {"direction": "reapply"}, which sets it again, or {"direction": "accept"}, which takes over what PingFederate has.`,
    { differences: [...differences] },
  )
