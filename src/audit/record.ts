import { type Kysely, sql } from 'kysely'
import type { Database, NewAuditEvent } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
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
  await insertAuditEvent(trx, {
    reason: null,
    team: null,
    client_id: null,
    operation_id: null,
    ...event,
    subject: principal.subject,
    actor_client_id: principal.clientId ?? null,
    request_id: requestId,
  })
}

type Values = Required<Omit<NewAuditEvent, 'audit_event_id' | 'at'>>

const insertAuditEvent = prepare((db, value: Placeholders<Values>) =>
  db.insertInto('audit_event').values({
    at: sql`database_time()`,
    action: value.action,
    outcome: value.outcome,
    reason: value.reason,
    subject: value.subject,
    actor_client_id: value.actor_client_id,
    team: value.team,
    client_id: value.client_id,
    operation_id: value.operation_id,
    request_id: value.request_id,
  }),
)
