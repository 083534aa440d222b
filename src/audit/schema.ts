import { type Static, Type } from 'typebox'
import type { AuditEventRow } from '../database/schema.ts'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'
import { type AuditAction, type AuditOutcome, auditActions, auditOutcomes } from './vocabulary.ts'

const list = (description: string, example: string) =>
  Type.Array(Type.String(), { description, examples: [[example]] })

const explain = (texts: Record<string, string>): string =>
  Object.entries(texts)
    .map(([name, text]) => `\`${name}\`: ${text}`)
    .join(' ')

export const AuditActionName = Type.Unsafe<AuditAction>(
  Type.Enum(Object.keys(auditActions), { description: explain(auditActions), examples: ['secret.redeem'] }),
)

export const AuditOutcomeName = Type.Unsafe<AuditOutcome>(
  Type.Enum(Object.keys(auditOutcomes), { description: explain(auditOutcomes), examples: ['reused'] }),
)

const Actor = Type.Object(
  {
    subject: Type.String({
      description:
        '`sub` of the access token, or `claim:value` where the service takes the subject from another claim: on whose behalf it happened. `web-session-clients:recovery` where the service settled by itself what a request had left open, `web-session-clients:publishing` where it had changes published, `web-session-clients:drift` where it compared clients with PingFederate.',
      examples: ['payments-pipeline'],
    }),
    clientId: Nullable(Type.String(), 'OAuth client through which the caller came.'),
    teams: list('Teams of the caller at that time.', 'payments'),
    actingParties: list(
      'Who acted on behalf of the subject (`act`, RFC 8693), the current one first; empty when it acted itself.',
      'portal',
    ),
    address: Nullable(
      Type.String(),
      'Network address of the caller; null where the service acted by itself, or could not learn it.',
    ),
    asAdmin: Type.Boolean({
      description:
        'Whether it was the scope `web-session-clients:admin` that let the caller do it, and none of its teams.',
    }),
  },
  { description: 'Who did it.', additionalProperties: false },
)

export const AuditEvent = Type.Object(
  {
    id: Type.Integer({ description: 'Number of the event.', examples: [4711] }),
    at: Instant('When, by the clock of the database.'),
    action: AuditActionName,
    outcome: AuditOutcomeName,
    reason: Nullable(
      Type.String(),
      'Code of the problem of what failed or was refused; for `client.drift` how the client has drifted; of a `token-provider.trust` that is `intended` or `done` the SHA-256 of the certificate.',
    ),
    rule: Nullable(Type.String(), 'Rule of the team policy behind the decision.'),
    actor: Actor,
    team: Nullable(Type.String(), 'The team whose client it is about; null where that is not known.'),
    clientId: Nullable(Type.String(), 'The client it is about; null where that is not known.'),
    operationId: Nullable(Type.String(), 'The operation at PingFederate that it is about.'),
    requestId: Type.String({
      description: 'Id of the request: the UUID in `instance` of a problem and in `X-Request-Id`.',
      examples: ['01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'],
    }),
  },
  { $id: 'AuditEvent', description: 'One thing that somebody did or tried.', additionalProperties: false },
)
export type AuditEvent = Static<typeof AuditEvent>

/** Row to wire; the row's names and JSON were written by this service. */
export const toAuditEvent = (row: AuditEventRow): AuditEvent => ({
  // PostgreSQL's 64 bits arrive as text.
  id: Number(row.audit_event_id),
  at: row.at,
  action: row.action as AuditAction,
  outcome: row.outcome as AuditOutcome,
  reason: row.reason,
  rule: row.rule,
  actor: {
    subject: row.subject,
    clientId: row.actor_client_id,
    teams: JSON.parse(row.teams ?? '[]'),
    actingParties: JSON.parse(row.acting_parties ?? '[]'),
    address: row.address,
    asAdmin: row.as_admin === 1,
  },
  team: row.team,
  clientId: row.client_id,
  operationId: row.operation_id,
  requestId: row.request_id,
})

export const auditEventExample: AuditEvent = {
  id: 4711,
  at: '2026-11-23T17:01:12.000Z',
  action: 'secret.redeem',
  outcome: 'done',
  reason: null,
  rule: null,
  actor: {
    subject: 'payments-pipeline',
    clientId: 'payments-pipeline',
    teams: ['payments'],
    actingParties: [],
    address: '192.0.2.7',
    asAdmin: false,
  },
  team: 'payments',
  clientId: 'pa_wam',
  operationId: null,
  requestId: '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10',
}
