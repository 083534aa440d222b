import { databaseTime } from '../database/database-time.ts'
import { toSettings } from '../pingfederate/client-fields.ts'
import { Problem } from '../problem.ts'
import { lookForOurs, requireMarker, type Where } from './find-ours.ts'
import { notOurs } from './taken.ts'

/**
 * Whether there is a client in PingFederate that may be deleted: switched off on both sides, and here for as long as the
 * grace. False where PingFederate itself says that it has none: that one nobody can switch off, and nobody can log in with
 * it. Only for the operation that holds the client: then no other change of this service can switch it on meanwhile.
 * @throws Problem `client_enabled`, `client_disabled_recently`, `client_drifted`, `client_exists_in_pingfederate`, or what
 *   became of the look
 */
export const findDeletable = async (
  { pingFederate, store }: Where,
  { clientId, graceMinutes }: { clientId: string; graceMinutes: number },
): Promise<boolean> => {
  const looked = await lookForOurs({ pingFederate, store }, clientId)
  if (looked.kind === 'missing') return false
  if (looked.kind === 'foreign') throw notOurs()
  requireMarker(looked)
  const { found, row } = looked
  if (row.disabled_at === null) throw enabledHere(clientId)
  if (toSettings(found.raw.reveal(), row).enabled) throw enabledThere(clientId)
  const deletableAt = Date.parse(row.disabled_at) + graceMinutes * 60_000
  // The database's own clock, which has said since when: any other may be behind it.
  const { time } = await store.db.selectNoFrom(databaseTime.as('time')).executeTakeFirstOrThrow()
  const now = Date.parse(time)
  if (deletableAt > now) throw disabledRecently(deletableAt, now)
  return true
}

const enabledHere = (clientId: string): Problem =>
  new Problem(
    'client_enabled',
    `People can log in with this client. Switch it off first (PATCH /web-session-clients/${clientId} with "enabled": false), and delete it when nobody misses it.`,
  )

const enabledThere = (clientId: string): Problem =>
  new Problem(
    'client_enabled',
    `This client was switched off here, and somebody has switched it on again in PingFederate. Ask who did; POST /web-session-clients/${clientId}/reconciliations with {"direction": "reapply"} switches it off once more.`,
  )

const disabledRecently = (deletableAt: number, now: number): Problem =>
  new Problem(
    'client_disabled_recently',
    `This client has not been switched off for long enough: it can be deleted from ${new Date(deletableAt).toISOString()} on. Until then it can be switched on again as it was.`,
    { headers: { 'retry-after': String(Math.ceil((deletableAt - now) / 1000)) } },
  )
