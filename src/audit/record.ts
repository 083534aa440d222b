import { type Kysely, sql } from 'kysely'
import type { Database, NewAuditEvent } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Store } from '../database/store.ts'
import type { Actor } from './actor.ts'
import type { AuditAction, AuditOutcome } from './vocabulary.ts'

/** What happened, beside who did it. */
export type AuditDetails = { action: AuditAction; outcome: AuditOutcome } & Partial<
  Pick<NewAuditEvent, 'reason' | 'rule' | 'team' | 'client_id' | 'operation_id'>
>

type Columns = Required<Omit<NewAuditEvent, 'audit_event_id' | 'at'>>

/** An event as it was written; the database added when. */
export type AuditEvent = Omit<Columns, 'teams' | 'acting_parties'> & {
  teams: readonly string[]
  acting_parties: readonly string[]
}

/** Writes an audit event in the transaction of what it records, so that neither exists without the other. */
export const recordAuditEvent = async (
  trx: Kysely<Database>,
  { principal, requestId, address }: Actor,
  details: AuditDetails,
): Promise<void> => {
  const event: AuditEvent = {
    reason: null,
    rule: null,
    team: null,
    client_id: null,
    operation_id: null,
    ...details,
    subject: principal.subject,
    actor_client_id: principal.clientId ?? null,
    teams: principal.teams,
    acting_parties: principal.actingParties,
    address,
    request_id: requestId,
  }
  const write = written.get(trx)
  await insertAuditEvent(trx, {
    ...event,
    teams: JSON.stringify(event.teams),
    acting_parties: JSON.stringify(event.acting_parties),
  }).catch(error => {
    write?.onFailure()
    throw error
  })
  write?.events.push(event)
}

/** What the write that is running in a transaction has recorded so far; a write has its transaction for itself until its end. */
const written = new WeakMap<Kysely<Database>, { events: AuditEvent[]; onFailure: () => void }>()

type Listener = {
  announce: (event: AuditEvent) => void
  /** Told when an event could not be written; nothing of its transaction is kept then. */
  onFailure: () => void
}

/** A store that tells of every event once it is committed, and of none that is not. */
export const announceAuditEvents = (store: Store, { announce, onFailure }: Listener): Store => ({
  ...store,
  write: async (work, options) => {
    const events: AuditEvent[] = []
    const result = await store.write(trx => {
      written.set(trx, { events, onFailure })
      return work(trx)
    }, options)
    for (const event of events) announce(event)
    return result
  },
})

const insertAuditEvent = prepare((db, value: Placeholders<Columns>) =>
  db.insertInto('audit_event').values({
    at: sql`database_time()`,
    action: value.action,
    outcome: value.outcome,
    reason: value.reason,
    rule: value.rule,
    subject: value.subject,
    actor_client_id: value.actor_client_id,
    teams: value.teams,
    acting_parties: value.acting_parties,
    address: value.address,
    team: value.team,
    client_id: value.client_id,
    operation_id: value.operation_id,
    request_id: value.request_id,
  }),
)
