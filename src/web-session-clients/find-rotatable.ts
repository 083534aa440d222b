import type { Store } from '../database/store.ts'
import { findFormerSecrets } from '../pingfederate/new-secret.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import { Problem } from '../problem.ts'
import { findOurs, requireMarker, type Where } from './find-ours.ts'

/**
 * PingFederate's client, where its secrets may be changed: whatever else of it has drifted, as long as it bears a marker.
 * @throws Problem `client_missing_in_pingfederate`, `client_exists_in_pingfederate`, `client_drifted`,
 *   `previous_secret_alive`, or what became of the look
 */
export const findRotatable = async (
  { pingFederate, store }: Where & { store: Pick<Store, 'now'> },
  { clientId, force }: { clientId: string; force: boolean },
): Promise<ClientInPingFederate> => {
  const ours = await findOurs({ pingFederate, store }, clientId)
  requireMarker(ours)
  const { found } = ours
  const [last] = findFormerSecrets(found, store.now())
  if (last !== undefined && !force) throw previousAlive(clientId, last)
  return found
}

/** @param end as PingFederate says it */
const previousAlive = (clientId: string, end: string): Problem =>
  new Problem(
    'previous_secret_alive',
    `PingFederate still accepts a former secret of this client, until ${end}, beside the one in force. Wait until then, end it if nothing logs in with it any more (DELETE /web-session-clients/${clientId}/previous-secrets), or send "force": true, which leaves it as it is.`,
  )
