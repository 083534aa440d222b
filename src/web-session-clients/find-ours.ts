import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { isGivenUp } from '../journal/read-operation.ts'
import { findDifferences } from '../pingfederate/differences.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { type Difference, Problem } from '../problem.ts'
import { toNewClient } from './client-row.ts'
import { findTaken, notOurs } from './taken.ts'

export type Where = { pingFederate: Pick<PingFederate, 'findClient'>; store: Pick<Store, 'db'> }

/** A client of this service as PingFederate has it, and where that is not what was set. */
export type OursInPingFederate = {
  found: ClientInPingFederate
  row: ClientRow
  differences: readonly Difference[]
}

/**
 * A client whose marker somebody has removed is drifted, not foreign. One that bears the marker of an operation that had
 * been given up is what that has left so late.
 * @throws Problem `client_missing_in_pingfederate`, `client_exists_in_pingfederate`, or what became of the look
 */
export const findOurs = async (
  { pingFederate, store: { db } }: Where,
  clientId: string,
): Promise<OursInPingFederate> => {
  const found = await pingFederate.findClient(clientId).catch(asFailure)
  if (found instanceof PingFederateFailure) throw toProblem(found)
  if (!found) throw missing()
  const row = await findTaken(db, clientId)
  const maker = findMaker(found)
  const isOurs = maker === undefined || row?.operation_id === maker || (await isGivenUp(db, maker, clientId))
  if (!row || !isOurs) throw notOurs()
  return { found, row, differences: findDrift(found, row) }
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
