import type { ReplicationState } from '../database/vocabulary.ts'
import { singleFlight } from '../single-flight.ts'
import { type ClusterState, isPublished } from './cluster.ts'
import type { PingFederateConfig } from './config.ts'
import type { PingFederate } from './ping-federate.ts'

export type Replication = {
  /** Status of a client that has just been saved; calls PingFederate only where the topology is not known yet. */
  statusAfterSave: () => Promise<ReplicationState>
  /** Whether a client saved at that time is published by now; false when PingFederate cannot be asked. */
  isPublished: (savedAt: string | null) => Promise<boolean>
  /** Has the change published, together with those of others waiting; resolves to whether that worked. */
  publish: () => Promise<boolean>
}

type Options = {
  mode: PingFederateConfig['replication']
  pingFederate: Pick<PingFederate, 'findClusterState' | 'isReplicatingOnSave' | 'replicate'>
  now: () => number
  onFailure: (error: unknown) => void
}

/** Whether there is a cluster changes when somebody rebuilds the installation, not between two requests. */
const topologyTtlMs = 60_000
/** Many readers of clients that are still replicating share one question. */
const stateTtlMs = 1_000

export const createReplication = ({ mode, pingFederate, now, onFailure }: Options): Replication => {
  const needsPublishing = remember(topologyTtlMs, now, async () => {
    if (!(await pingFederate.findClusterState())) return false
    return !(await pingFederate.isReplicatingOnSave())
  })
  const state = remember<ClusterState | undefined>(stateTtlMs, now, pingFederate.findClusterState)
  const publish = shareNext(() => pingFederate.replicate())
  return {
    statusAfterSave: async () => {
      if (mode === 'none') return 'ready'
      // Read before the save, it would call the client published that is only about to be.
      state.forget()
      // When PingFederate cannot say, claiming less is the safe answer.
      return (await needsPublishing.get().catch(() => true)) ? 'replicating' : 'ready'
    },
    isPublished: async savedAt => {
      if (mode === 'none') return true
      const known = await state.get().catch(() => null)
      if (known === null) return false
      return known === undefined || isPublished(known, savedAt)
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
    // What is being read at this moment is forgotten as well.
    forget: () => {
      get = startAnew()
    },
  }
}

/** Calls that come while one runs share the next one: what they want published was saved after the running one began. */
const shareNext = (run: () => Promise<void>): (() => Promise<void>) => {
  let last = Promise.resolve()
  const begin = singleFlight(async () => {
    await last.catch(() => undefined)
    last = run()
    // In an object, because whoever comes from now on shares the one after it, and waits for its beginning only.
    return { end: last }
  })
  return async () => (await begin()).end
}
