import { databaseTime } from '../database/database-time.ts'
import type { Store } from '../database/store.ts'
import { lateCallMs } from '../journal/lease.ts'
import { toSettings } from '../pingfederate/client-fields.ts'
import { Problem } from '../problem.ts'
import { createChange } from './create-change.ts'
import { lookForOurs, requireMarker, type Where } from './find-ours.ts'
import { notOurs } from './taken.ts'

type ToDelete = {
  clientId: string
  /** How long the client must have been switched off. */
  graceMinutes: number
  /** Of one call to PingFederate. */
  timeoutMs: number
}

/**
 * Whether there is a client in PingFederate that may be deleted: switched off on both sides, and here for as long as the
 * grace. False where PingFederate itself says that it has none: that one nobody can switch off, and nobody can log in with
 * it. Neither while a POST of its create may still arrive, which would make it again, with a secret that was handed out.
 * Only for the operation that holds the client: then no other change of this service can switch it on meanwhile.
 * @throws Problem `client_enabled`, `client_disabled_recently`, `client_created_recently`, `client_drifted`,
 *   `client_exists_in_pingfederate`, or what became of the look
 */
export const findDeletable = async ({ pingFederate, store }: Where, toDelete: ToDelete): Promise<boolean> => {
  const { clientId, graceMinutes } = toDelete
  const looked = await lookForOurs({ pingFederate, store }, clientId)
  if (looked.kind === 'foreign') throw notOurs()
  const { quietAt, now } = await readTimes(store, toDelete)
  if (looked.kind === 'missing') {
    if (quietAt > now) throw createdRecently(quietAt, now)
    return false
  }
  requireMarker(looked)
  const { found, row } = looked
  if (row.disabled_at === null) throw enabledHere(clientId)
  if (toSettings(found.raw.reveal(), row).enabled) throw enabledThere(clientId)
  const deletableAt = Date.parse(row.disabled_at) + graceMinutes * 60_000
  if (deletableAt > Math.max(quietAt, now)) throw disabledRecently(deletableAt, now)
  if (quietAt > now) throw createdRecently(quietAt, now)
  return true
}

/**
 * When no POST for the id can be under way any more: those of its create are sent while that is leased, those of earlier
 * creates were sent before. Both by the database's own clock, which has said when it was created and since when it is off;
 * any other may be behind it.
 */
const readTimes = async (
  { db }: Pick<Store, 'db'>,
  { clientId, timeoutMs }: ToDelete,
): Promise<{ quietAt: number; now: number }> => {
  const { created_at: createdAt, time } = await db
    .selectFrom('client')
    .select(['created_at', databaseTime.as('time')])
    .where('client_id', '=', clientId)
    .executeTakeFirstOrThrow()
  const quietMs = createChange.maxCalls * timeoutMs + lateCallMs(timeoutMs)
  return { quietAt: Date.parse(createdAt) + quietMs, now: Date.parse(time) }
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
    retryAfter(deletableAt - now),
  )

const createdRecently = (quietAt: number, now: number): Problem =>
  new Problem(
    'client_created_recently',
    `This client was created a moment ago. A request of its creation that got stuck on the way could still reach PingFederate, and would make it again after it was deleted; no such request can be under way any more from ${new Date(quietAt).toISOString()} on. Delete it then.`,
    retryAfter(quietAt - now),
  )

const retryAfter = (ms: number) => ({ headers: { 'retry-after': String(Math.ceil(ms / 1000)) } })
