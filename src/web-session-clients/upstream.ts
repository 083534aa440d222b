import type { Saved } from '../journal/change.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'

/** What a change of a client speaks to. */
export type Upstream = {
  pingFederate: PingFederate
  replication: Pick<Replication, 'statusAfterSave'>
}

/** What is known of a write right after it. @param savedAt when PingFederate says it was, where it says so */
export const toSaved = async (
  { replication }: Pick<Upstream, 'replication'>,
  savedAt: string | null,
): Promise<Saved> => ({ savedAt, replication: await replication.statusAfterSave() })
