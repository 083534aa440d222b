import type { Journal, Saved } from '../journal/change.ts'
import type { Running } from '../journal/run.ts'
import type { WebSessionDefaults } from '../pingaccess/web-session.ts'
import type { WebSessionCalls } from '../pingaccess/web-session-calls.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { ProtectedPingFederate } from '../pingfederate/resilience.ts'

/** What a change of a client speaks to. */
export type Upstream = {
  pingFederate: PingFederate
  replication: Pick<Replication, 'statusAfterSave' | 'publish' | 'findStatusOf'>
  /** Whether this service publishes to the engines (PINGFEDERATE_REPLICATION=trigger). */
  isPublishing: boolean
  /** What deliveries go to; undefined where there is none. */
  pingAccess: DeliveryUpstream | undefined
}

/** PingAccess, as far as deliveries need it. */
export type DeliveryUpstream = WebSessionCalls & {
  /** How long one call may take. */
  timeoutMs: number
  /** What new web sessions are given. */
  defaults: WebSessionDefaults
}

/** What is known of a write right after it. @param client as it was saved; undefined where it is no more */
export const toSaved = async (
  { replication }: Pick<Upstream, 'replication'>,
  client?: Pick<ClientInPingFederate, 'savedAt' | 'isReplicated'>,
): Promise<Saved> => ({
  savedAt: client?.savedAt ?? null,
  replication: await replication.statusAfterSave(client),
})

type Slots = { journal: Journal<Upstream>; pingFederate: Pick<ProtectedPingFederate, 'inSlot'> }

/** Each change has one slot for all its calls. */
export const inSlots = ({ journal, pingFederate }: Slots): Running<Upstream> => ({
  ...journal,
  inSlot: work => pingFederate.inSlot(direct => work({ ...journal.upstream, pingFederate: direct })),
})
