/** The words that columns hold, each list the source of a row's type and of the schemas that name it on the wire. */

const replicationStates = ['ready', 'replicating', 'failed'] as const
export type ReplicationState = (typeof replicationStates)[number]

/** What a client is shown as. */
export const clientStatuses = [...replicationStates, 'disabled'] as const
export type ClientStatus = (typeof clientStatuses)[number]

/** How PingFederate can differ from what was set. */
export const driftStates = ['changed', 'reenabled', 'missing', 'foreign'] as const
export type DriftState = (typeof driftStates)[number]

export const operationKinds = [
  'create',
  'update',
  'reapply',
  'rotate',
  'deliver',
  'revoke-previous',
  'delete',
] as const
export type OperationKind = (typeof operationKinds)[number]

export const operationStates = ['intended', 'done', 'failed'] as const
export type OperationState = (typeof operationStates)[number]

export const retrievalStates = ['outstanding', 'redeemed', 'expired', 'revoked', 'delivered'] as const
export type RetrievalState = (typeof retrievalStates)[number]

/** Frozen, because the policy without a file has this very list. */
export const redeemers = Object.freeze(['team', 'requester', 'bearer'] as const)
export type RedeemableBy = (typeof redeemers)[number]
