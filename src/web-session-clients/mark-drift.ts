import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow } from '../database/schema.ts'
import type { DriftState } from '../database/vocabulary.ts'
import { isHeld } from '../journal/read-operation.ts'

/**
 * Keeps how a client was found in PingFederate, null for as it was set, with an audit event. Nothing is written where
 * the client is another one by now than the row that it was compared with, where it is being changed, or where somebody
 * has been faster.
 */
export const markDrift = (
  store: AuditedStore,
  actor: Actor,
  row: ClientRow,
  state: DriftState | null,
): Promise<void> =>
  store.write(async (trx, record) => {
    const marked = await trx
      .updateTable('client')
      .set({ drift: state, drift_found_at: state === null ? null : databaseTime })
      .where('client_id', '=', row.client_id)
      .where('version', '=', row.version)
      .where('operation_id', '=', row.operation_id)
      .where('drift', 'is not distinct from', row.drift)
      .where(({ not, ...eb }) => not(isHeld(eb)))
      .returning('client_id')
      .executeTakeFirst()
    if (!marked) return
    await record(actor, {
      ...{ action: 'client.drift', outcome: state === null ? 'resolved' : 'found', reason: state },
      ...{ team: row.team, client_id: row.client_id },
    })
  })
