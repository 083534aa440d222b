/** What callers ask for, by the name it has in the audit trail; docs/audit.md says the same. */
export const auditActions = {
  'client.create': 'Create a web session client.',
  'retrieval.revoke': 'Revoke the outstanding retrieval token of a client.',
  'secret.redeem': 'Redeem a client secret.',
} as const

export type AuditAction = keyof typeof auditActions

/** How it ended. */
export const auditOutcomes = {
  intended: 'Begun: what PingFederate is about to be asked for. `done` or `failed` follows.',
  done: 'Done.',
  failed: 'Nothing was changed; `reason` tells why.',
} as const

export type AuditOutcome = keyof typeof auditOutcomes
