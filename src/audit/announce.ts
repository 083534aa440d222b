import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../http/log.ts'
import type { AuditEvent } from './record.ts'

/**
 * Writes one log line with `audit: true` for each event, also where the log is set to less than that: what happens to
 * the database must not happen to the only copy.
 */
export const logAuditEvents = (log: FastifyBaseLogger): ((event: AuditEvent) => void) => {
  const auditLog = log.child({ audit: true }, { level: 'info' })
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
  team: event.team,
  clientId: event.client_id,
  operation: event.operation_id,
})
