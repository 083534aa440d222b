import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../log.ts'
import type { AuditEvent } from './record.ts'

/** A log whose lines have `audit: true` and are written whatever level the log is set to. */
export const toAuditLog = (log: FastifyBaseLogger): FastifyBaseLogger =>
  log.child({ audit: true }, { level: 'info' })

/** Writes one such line for each event, so that the database does not hold the only copy. */
export const logAuditEvents = (log: FastifyBaseLogger): ((event: AuditEvent) => void) => {
  const auditLog = toAuditLog(log)
  return event => auditLog.info({ ...toLine(event), reqId: event.request_id }, logTexts.audited)
}

const toLine = (event: AuditEvent) => ({
  action: event.action,
  outcome: event.outcome,
  reason: event.reason,
  rule: event.rule,
  subject: event.subject,
  actorClientId: event.actor_client_id,
  teams: event.teams,
  actingParties: event.acting_parties,
  address: event.address,
  asAdmin: event.as_admin,
  team: event.team,
  clientId: event.client_id,
  operation: event.operation_id,
})
