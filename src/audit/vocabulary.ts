import type { OperationKind } from '../database/vocabulary.ts'

/** What callers ask for, or the service does by itself, by the name it has in the audit trail; docs/audit.md says the same. */
export const auditActions = {
  'audit.list': 'List audit events.',
  'client.compare': 'Compare a web session client with PingFederate.',
  'client.create': 'Create a web session client.',
  'client.delete': 'Delete a web session client that is switched off.',
  'client.deliver':
    'Put a new secret of a web session client straight into PingAccess; `failed` with the reason `delivery_failed` where PingFederate has it and PingAccess does not, or may not.',
  'client.ensure':
    'Make sure that a web session client is as declared; what that does is `client.create` or `client.update`.',
  'client.drift': 'Find that a web session client has drifted, or is as it was set again.',
  'client.list': 'List web session clients.',
  'client.read': 'Read a web session client.',
  'client.revoke-previous': 'End the former secrets of a web session client at once.',
  'client.update': 'Change a web session client.',
  'client.reapply': 'Set a web session client in PingFederate again, where it has drifted.',
  'client.accept': 'Take over what PingFederate has of a web session client that has drifted.',
  'client.adopt': 'Take a client that PingFederate has already into this service.',
  'client.rotate': 'Give a web session client a new secret.',
  'cluster.publish': 'Publish to the engines, together with every administrator’s pending changes.',
  'operation.read': 'Read where a change stands.',
  'retrieval.look-up': 'Look at a retrieval token without using it.',
  'retrieval.revoke': 'Revoke the outstanding retrieval token of a client.',
  'secret.redeem': 'Redeem a client secret.',
  'token-provider.read': 'Read the token provider of PingAccess and its certificate.',
  'token-provider.trust': 'Have PingAccess trust the certificate of its token provider.',
  'web-session.check-login': 'Ask PingFederate’s runtime nodes whether people can log in through a client.',
  'web-session.read': 'Read what PingAccess needs for a web session client.',
} as const

/** In no table of actions: what nobody is ever refused (`team.list`), and a kind of change that no route begins yet. */
export type AuditAction = keyof typeof auditActions | 'team.list' | `client.${OperationKind}`

/** How it ended. */
export const auditOutcomes = {
  intended: 'Begun: what PingFederate or PingAccess is about to be asked for. `done` or `failed` follows.',
  done: 'Done.',
  failed:
    'Nothing was changed; or for `client.deliver` with the reason `delivery_failed`: PingFederate has a new secret; or for `cluster.publish` and `token-provider.trust`: it has not been confirmed. `reason` tells why.',
  refused: 'The caller may not have it, or it is not there (any more); `reason` tells which.',
  reused: 'A retrieval token was sent after its secret had been redeemed. Look into it: two have the token.',
  found: 'Found: PingFederate has the client otherwise than it was set; `reason` tells how.',
  resolved: 'PingFederate has the client as it was set again, without a change by this service.',
  retried: 'The same by the subject that redeemed it, within ten seconds: most likely the answer got lost.',
} as const

export type AuditOutcome = keyof typeof auditOutcomes
