import type { Generated, Insertable, Selectable } from 'kysely'
import type {
  DriftState,
  OperationKind,
  OperationState,
  RedeemableBy,
  ReplicationState,
  RetrievalState,
} from './vocabulary.ts'

/** Times are ISO 8601 text in UTC with milliseconds, so that they sort and compare as text on both engines. */
type Time = string

export type Database = {
  client: ClientTable
  operation: OperationTable
  idempotency: IdempotencyTable
  retrieval: RetrievalTable
  audit_event: AuditEventTable
}

type ClientTable = {
  client_id: string
  team: string
  name: string
  /** Id and name in lower case, lowered by the service because engines differ in what letters they know. */
  search_text: string
  /** `provisioning` reserves the client id while its operation runs; only `active` clients are shown. */
  state: 'provisioning' | 'active'
  /** Whether the engines have it: see `status` on the wire. */
  replication: ReplicationState
  /** What was set, as JSON of `ClientSettings`; what an older version did not know is missing. */
  settings: string
  /** Rises with every change of the settings. */
  version: Generated<number>
  /** Since when it is switched off; null while it is not. */
  disabled_at: Generated<Time | null>
  /** How PingFederate differs from what was set, as the last look has found; null where it does not. */
  drift: Generated<DriftState | null>
  /** Since when that is known; null where it does not differ. */
  drift_found_at: Generated<Time | null>
  /** The web sessions of PingAccess that have its secret, as JSON; null where the secret in force was handed out, and to nobody. */
  delivery: Generated<string | null>
  operation_id: string
  retrieval_id: string
  /** When PingFederate says it saved the client, by its own clock; null where it doesn't say. */
  saved_at: Time | null
  created_at: Time
  created_by: string
  updated_at: Time
}

type OperationTable = {
  operation_id: string
  kind: OperationKind
  client_id: string
  team: string
  state: OperationState
  /** Problem code a failed operation ended with. */
  failure: string | null
  /** The retrieval it was begun with, where its kind hands out a secret. */
  retrieval_id: string | null
  /** What the change sets, as JSON: what its kind keeps from the beginning, and what was set once it is done. */
  facts: Generated<string | null>
  /** What version 0.5 and older kept in place of `facts`: the body that was answered, as JSON without the token. */
  answer: Generated<string | null>
  /** The refusal, as JSON, where repeating the request would only be refused again. */
  refusal: string | null
  request_id: string
  requested_by: string
  created_at: Time
  /** Until then the process that began the operation is the only one to touch it. */
  lease_until: Time
  /** Rises with every lease, so that a process that lost its lease cannot write the end. */
  fence: Generated<number>
  finished_at: Time | null
}

type IdempotencyTable = {
  /** HMAC of caller and key under the server key: the key itself is kept nowhere. */
  idempotency_id: string
  /** HMAC of the body under the server key. */
  request_digest: string
  operation_id: string
  created_at: Time
  expires_at: Time
}

type RetrievalTable = {
  /** Time prefix of the token, then SHA-256 of the token: finding a row needs the token, and rows are appended in order. */
  retrieval_id: string
  client_id: string
  team: string
  redeemable_by: RedeemableBy
  state: RetrievalState
  /** The sealed secret, base64url; null once it is not outstanding any more. */
  sealed: string | null
  created_at: Time
  created_by: string
  /** OAuth client of that caller, empty for a token that names none; null in rows of versions that did not write it. */
  created_by_client_id: string | null
  expires_at: Time
  redeemed_at: Time | null
  redeemed_by: string | null
  /** The operation that replaces its secret, from its intent on; null again where that has failed. */
  replaced_by: Generated<string | null>
  /** Until when the secret that it replaced works at least; null where that ended at once, and where there was none. */
  previous_ends_at: Generated<Time | null>
}

/** Rows are only ever added; triggers refuse everything else. */
type AuditEventTable = {
  audit_event_id: Generated<number>
  at: Time
  action: string
  outcome: string
  /** Problem code of what failed or was refused, or how a client has drifted. */
  reason: string | null
  /** Rule of the team policy behind the decision. */
  rule: string | null
  subject: string
  actor_client_id: string | null
  /** Teams of the caller at that time, as a JSON list; null in events of versions that did not write it. */
  teams: string | null
  /** Who acted on behalf of the subject, the current one first, as a JSON list; null like `teams`. */
  acting_parties: string | null
  /** Network address of the caller; null where the service acted for itself, and like `teams`. */
  address: string | null
  /** 1 where it was the admin scope that let the caller do it, else 0; null like `teams`. */
  as_admin: Generated<number | null>
  /** The team whose client it is about. */
  team: string | null
  client_id: string | null
  operation_id: string | null
  request_id: string
}

export type ClientRow = Selectable<ClientTable>
export type OperationRow = Selectable<OperationTable>
export type RetrievalRow = Selectable<RetrievalTable>
export type AuditEventRow = Selectable<AuditEventTable>
export type NewAuditEvent = Insertable<AuditEventTable>
