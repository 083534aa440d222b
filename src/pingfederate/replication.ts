import type { ReplicationState } from '../database/vocabulary.ts'
import { singleFlight } from '../single-flight.ts'
import { type ClusterState, toReplicationState } from './cluster.ts'
import type { PingFederateConfig } from './config.ts'
import type { ClientInPingFederate } from './oauth-client.ts'
import type { PingFederate } from './ping-federate.ts'

export type Replication = {
  /**
   * Status of a client that was just saved; calls PingFederate only if the topology is not known yet.
   * @param client as the save answered it; undefined for one that is only planned, or that is no more
   */
  statusAfterSave: (client?: Pick<ClientInPingFederate, 'isReplicated'>) => Promise<ReplicationState>
  /** Status of a client saved at that time; undefined when PingFederate cannot be asked. */
  findStatus: (savedAt: string | null) => Promise<ReplicationState | undefined>
  /** The same of one client, which is asked itself where clients reach the engines by being saved: that is a call for each. */
  findStatusOf: (clientId: string, savedAt: string | null) => Promise<ReplicationState | undefined>
  /** Publishes the change together with those of other waiting callers; resolves to whether the engines were told. */
  publish: () => Promise<boolean>
}

type Options = {
  mode: PingFederateConfig['replication']
  pingFederate: Pick<PingFederate, 'findClient' | 'findClusterState' | 'isReplicatingOnSave' | 'replicate'>
  now: () => number
  onFailure: (error: unknown) => void
}

type Topology = 'single' | 'clustered' | 'replicating-on-save'

/** The topology changes only when somebody rebuilds the installation. */
const topologyTtlMs = 60_000
/** All reads of clients that are still replicating share one call to PingFederate in this time. */
const stateTtlMs = 1_000

export const createReplication = ({ mode, pingFederate, now, onFailure }: Options): Replication => {
  const topology = remember(topologyTtlMs, now, async (): Promise<Topology> => {
    if (!(await pingFederate.findClusterState())) return 'single'
    return (await pingFederate.isReplicatingOnSave()) ? 'replicating-on-save' : 'clustered'
  })
  const state = remember<ClusterState | undefined>(stateTtlMs, now, pingFederate.findClusterState)
  const publish = shareNext(async () => {
    await pingFederate.replicate()
    // What was read before says nothing of the engines that have been told now.
    state.forget()
  })
  const findStatus: Replication['findStatus'] = async savedAt => {
    if (mode === 'none') return 'ready'
    const known = await state.get().catch(() => null)
    if (known === null) return undefined
    return known === undefined ? 'ready' : toReplicationState(known, savedAt)
  }
  const isReplicatedAlone = async (clientId: string): Promise<boolean> =>
    (await topology.get()) === 'replicating-on-save' &&
    (await pingFederate.findClient(clientId))?.isReplicated === true
  return {
    statusAfterSave: async client => {
      if (mode === 'none') return 'ready'
      // A state that was read before the save says nothing about the client, but would call it published.
      state.forget()
      // If PingFederate cannot be asked, `replicating` is safe: it claims less.
      const known = await topology.get().catch(() => 'clustered' as const)
      if (known === 'replicating-on-save') return isReplicatedOnSave(client) ? 'ready' : 'replicating'
      return known === 'single' ? 'ready' : 'replicating'
    },
    findStatus,
    findStatusOf: async (clientId, savedAt) => {
      const status = await findStatus(savedAt)
      if (status === undefined || status === 'ready') return status
      return (await isReplicatedAlone(clientId).catch(() => false)) ? 'ready' : status
    },
    publish: async () => {
      try {
        await publish()
        return true
      } catch (error) {
        onFailure(error)
        return false
      }
    },
  }
}

/** A client that refers to what is not replicated itself is saved and left behind, and says so. */
const isReplicatedOnSave = (client: Pick<ClientInPingFederate, 'isReplicated'> | undefined): boolean =>
  client === undefined || client.isReplicated

type Remembered<T> = { get: () => Promise<T>; forget: () => void }

const remember = <T>(ttlMs: number, now: () => number, load: () => Promise<T>): Remembered<T> => {
  const startAnew = () => {
    let last: { value: T; until: number } | undefined
    const read = singleFlight(async () => {
      const until = now() + ttlMs
      last = { value: await load(), until }
      return last.value
    })
    return async () => (last && now() < last.until ? last.value : read())
  }
  let get = startAnew()
  return {
    get: () => get(),
    // This also drops the result of a read that is under way.
    forget: () => {
      get = startAnew()
    },
  }
}

/** Calls that come during a run share the next one: the running one may have begun before their clients were saved. */
const shareNext = (run: () => Promise<void>): (() => Promise<void>) => {
  let last = Promise.resolve()
  const begin = singleFlight(async () => {
    await last.catch(() => undefined)
    last = run()
    // In an object, so that the single flight ends when the run begins: later callers then share the run after it.
    return { end: last }
  })
  return async () => (await begin()).end
}
