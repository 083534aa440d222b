import { type Kysely, sql } from 'kysely'
import type { Database, NewAuditEvent } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Store, WriteOptions } from '../database/store.ts'
import { reachesAsAdmin } from '../principal.ts'
import type { Actor } from './actor.ts'
import type { AuditAction, AuditOutcome } from './vocabulary.ts'

/** What happened; who did it is passed apart. */
export type AuditDetails = { action: AuditAction; outcome: AuditOutcome } & Partial<
  Pick<NewAuditEvent, 'reason' | 'rule' | 'team' | 'client_id' | 'operation_id'>
>

type Columns = Required<Omit<NewAuditEvent, 'audit_event_id' | 'at'>>

/** An event as it was written, without its time, which the database sets. */
export type AuditEvent = Omit<Columns, 'teams' | 'acting_parties' | 'as_admin'> & {
  teams: readonly string[]
  acting_parties: readonly string[]
  as_admin: boolean
}

/** Writes an audit event in the transaction of what it records, so that neither exists without the other. */
export type RecordEvent = (actor: Actor, details: AuditDetails) => Promise<void>

/** A store whose transactions are handed a function that records their audit events. */
export type AuditedStore = Omit<Store, 'write'> & {
  write: <T>(
    work: (trx: Kysely<Database>, record: RecordEvent) => Promise<T>,
    options?: WriteOptions,
  ) => Promise<T>
}

type Listener = {
  announce: (event: AuditEvent) => void
  /** Called when an event could not be written; its transaction is rolled back then. */
  onFailure: () => void
}

/** A store that announces every audit event after its commit, and none of a transaction that is rolled back. */
export const announceAuditEvents = (store: Store, { announce, onFailure }: Listener): AuditedStore => ({
  ...store,
  write: async (work, options) => {
    let events: AuditEvent[] = []
    let failure: unknown
    const write = store.write(trx => {
      // Anew for work that runs a second time: what the first run has recorded is rolled back.
      events = []
      failure = undefined
      const record: RecordEvent = async (actor, details) => {
        const event = toEvent(actor, details)
        await writeEvent(trx, event).catch(error => {
          failure = error
          throw error
        })
        events.push(event)
      }
      return work(trx, record)
    }, options)
    const result = await write.catch(error => {
      // Any other error may have been the reason for this one.
      if (error === failure) onFailure()
      throw error
    })
    for (const event of events) announce(event)
    return result
  },
})

const toEvent = (actor: Actor, details: AuditDetails): AuditEvent => ({
  reason: null,
  rule: null,
  team: null,
  client_id: null,
  operation_id: null,
  ...details,
  subject: actor.principal.subject,
  actor_client_id: actor.principal.clientId ?? null,
  teams: actor.principal.teams,
  acting_parties: actor.principal.actingParties,
  address: actor.address,
  as_admin: isAsAdmin(actor, details),
  request_id: actor.requestId,
})

/** Secrets are the owning team's alone, so that whoever tries for one gains nothing by the admin scope. */
const closedToAdmins: ReadonlySet<AuditAction> = new Set(['secret.redeem', 'retrieval.look-up'])

const isAsAdmin = ({ principal, asAdmin }: Actor, { action, team }: AuditDetails): boolean => {
  if (asAdmin) return true
  return typeof team === 'string' && !closedToAdmins.has(action) && reachesAsAdmin(principal, team)
}

const writeEvent = async (trx: Kysely<Database>, event: AuditEvent): Promise<void> => {
  await insertAuditEvent(trx, {
    ...event,
    teams: JSON.stringify(event.teams),
    acting_parties: JSON.stringify(event.acting_parties),
    as_admin: Number(event.as_admin),
  })
}

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
    as_admin: value.as_admin,
    team: value.team,
    client_id: value.client_id,
    operation_id: value.operation_id,
    request_id: value.request_id,
  }),
)
