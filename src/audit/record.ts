import { type Kysely, sql } from 'kysely'
import type { Database, NewAuditEvent } from '../database/schema.ts'
import type { Principal } from '../http/access-token.ts'

/** Who did it, in which request. */
export type Actor = { principal: Principal; requestId: string }

type Event = Pick<NewAuditEvent, 'action' | 'outcome'> &
  Partial<Pick<NewAuditEvent, 'reason' | 'team' | 'client_id' | 'operation_id'>>

/** Writes an audit event in the transaction of what it records, so that neither exists without the other. */
export const recordAuditEvent = async (
  trx: Kysely<Database>,
  { principal, requestId }: Actor,
  event: Event,
): Promise<void> => {
  await trx
    .insertInto('audit_event')
    .values({
      at: sql`database_time()`,
      subject: principal.subject,
      actor_client_id: principal.clientId ?? null,
      request_id: requestId,
      ...event,
    })
    .execute()
}
