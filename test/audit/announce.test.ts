import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { logAuditEvents } from '../../src/audit/announce.ts'
import { loggerOptions } from '../../src/log.ts'

const event = {
  action: 'secret.redeem',
  outcome: 'done',
  reason: null,
  rule: null,
  subject: 'ana',
  actor_client_id: 'portal',
  teams: ['payments'],
  acting_parties: [],
  address: '192.0.2.7',
  as_admin: true,
  team: 'payments',
  client_id: 'pa_wam',
  operation_id: null,
  request_id: 'request',
} as const

for (const level of ['info', 'error', 'silent']) {
  test(`an audit event is a log line with audit: true also with LOG_LEVEL=${level}`, () => {
    const lines: string[] = []
    logAuditEvents(pino(loggerOptions(level), { write: line => lines.push(line) }))(event)
    const [{ time, ...line }] = lines.map(text => JSON.parse(text))
    assert.equal(typeof time, 'string')
    assert.deepEqual(line, {
      level: 'info',
      audit: true,
      action: 'secret.redeem',
      outcome: 'done',
      reason: null,
      rule: null,
      subject: 'ana',
      actorClientId: 'portal',
      teams: ['payments'],
      actingParties: [],
      address: '192.0.2.7',
      asAdmin: true,
      team: 'payments',
      clientId: 'pa_wam',
      operation: null,
      reqId: 'request',
      msg: 'audit event',
    })
  })
}
