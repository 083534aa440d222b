import { apiPath } from './transport.ts'

/** A call that changes something and has not been sent. */
export type PlannedCall = { method: 'POST' | 'PUT'; path: string; body: unknown }

/** Publishes every administrator's pending changes. */
export const plannedReplication: PlannedCall = {
  method: 'POST',
  path: `${apiPath}/cluster/replicate`,
  body: null,
}
