import type { EnginePace, ReplicationStatus } from './settings.ts'
import type { StoredClient } from './stored-client.ts'

type Clients = ReadonlyMap<string, StoredClient>

/** What the console hands to the engines: its clients at one moment. */
interface Configuration {
  readonly clients: Clients
  /** When the console's configuration was saved. */
  readonly timestamp: string
}

/** A runtime node of a cluster, as the console sees it. */
export interface EngineStatus {
  readonly replicationStatus: ReplicationStatus
  readonly configurationTimestamp: string | undefined
}

/** A runtime node of a cluster: it fetches a configuration at its own pace and serves the former one until then. */
export interface EngineNode {
  /** The console's notice that there is something to fetch. */
  readonly notify: (configuration: Configuration) => void
  /** One client that the console hands over alone; undefined ends it. */
  readonly put: (clientId: string, stored: StoredClient | undefined) => void
  readonly find: (clientId: string) => StoredClient | undefined
  readonly status: () => EngineStatus
}

/** What an engine goes through before each state. */
const wayBefore: Readonly<Record<ReplicationStatus, readonly ReplicationStatus[]>> = {
  OUT_OF_DATE: [],
  RETRIEVING: ['OUT_OF_DATE'],
  APPLYING: ['OUT_OF_DATE', 'RETRIEVING'],
  SUCCEEDED: ['OUT_OF_DATE', 'RETRIEVING', 'APPLYING'],
  FAILED: ['OUT_OF_DATE', 'RETRIEVING', 'APPLYING'],
}

/** An engine without clients that is up to date. */
export function createEngineNode(pace: () => EnginePace, now: () => Date): EngineNode {
  let clients: Map<string, StoredClient> = new Map()
  let configurationTimestamp: string | undefined
  let fetching: { configuration: Configuration; since: number } | undefined
  let replicationStatus: ReplicationStatus = 'SUCCEEDED'

  /** Where the engine has come by now; all of it happens only when somebody looks. */
  function proceed(): void {
    if (fetching === undefined) return
    replicationStatus = reached(pace(), now().getTime() - fetching.since)
    if (replicationStatus === 'SUCCEEDED') {
      clients = new Map(fetching.configuration.clients)
      configurationTimestamp = fetching.configuration.timestamp
    }
    if (replicationStatus === 'SUCCEEDED' || replicationStatus === 'FAILED') fetching = undefined
  }

  return {
    notify(configuration) {
      proceed()
      fetching = { configuration, since: now().getTime() }
      proceed()
    },
    put(clientId, stored) {
      proceed()
      setClient(clients, clientId, stored)
      if (fetching === undefined) return
      // A copy, because the other engine may be fetching the same configuration.
      const later = new Map(fetching.configuration.clients)
      setClient(later, clientId, stored)
      fetching = { ...fetching, configuration: { ...fetching.configuration, clients: later } }
    },
    find(clientId) {
      proceed()
      return clients.get(clientId)
    },
    status() {
      proceed()
      return { replicationStatus, configurationTimestamp }
    },
  }
}

function reached({ stepMs, ends }: EnginePace, elapsedMs: number): ReplicationStatus {
  return stepMs === 0 ? ends : (wayBefore[ends][Math.floor(Math.max(0, elapsedMs) / stepMs)] ?? ends)
}

function setClient(
  clients: Map<string, StoredClient>,
  clientId: string,
  stored: StoredClient | undefined,
): void {
  if (stored === undefined) clients.delete(clientId)
  else clients.set(clientId, stored)
}
