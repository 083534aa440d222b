import type { Store } from '../database/store.ts'
import { isGivenUp } from '../journal/read-operation.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import { findFormerSecrets } from '../pingfederate/new-secret.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { Problem } from '../problem.ts'
import { findTaken, notOurs } from './taken.ts'

type Where = { pingFederate: Pick<PingFederate, 'findClient'>; store: Pick<Store, 'db' | 'now'> }

/**
 * PingFederate's client, where its secrets may be changed.
 * @throws Problem `client_missing_in_pingfederate`, `client_exists_in_pingfederate`, `previous_secret_alive`, or what
 *   became of the look
 */
export const findRotatable = async (
  { pingFederate, store }: Where,
  { clientId, force }: { clientId: string; force: boolean },
): Promise<ClientInPingFederate> => {
  const found = await pingFederate.findClient(clientId).catch(asFailure)
  if (found instanceof PingFederateFailure) throw toProblem(found)
  if (!found) throw missing()
  if (!(await isOurs(store, clientId, findMaker(found)))) throw notOurs()
  const [last] = findFormerSecrets(found, store.now())
  if (last !== undefined && !force) throw previousAlive(clientId, last)
  return found
}

/** Also what a rotation has left that came so late that it had been given up: nobody has that secret, and this is its repair. */
const isOurs = async (
  { db }: Pick<Store, 'db'>,
  clientId: string,
  maker: string | undefined,
): Promise<boolean> => {
  const row = await findTaken(db, clientId)
  return (row !== undefined && row.operation_id === maker) || (await isGivenUp(db, maker, clientId))
}

const missing = (): Problem =>
  new Problem(
    'client_missing_in_pingfederate',
    'PingFederate does not have this client any more, so it can have no new secret. Somebody has deleted it there: have the operator look at it.',
  )

/** @param end as PingFederate says it */
const previousAlive = (clientId: string, end: string): Problem =>
  new Problem(
    'previous_secret_alive',
    `PingFederate still accepts a former secret of this client, until ${end}, beside the one in force. Wait until then, end it (DELETE /web-session-clients/${clientId}/previous-secrets), or send "force": true, which leaves it as it is.`,
  )
