import { createEngineNode, type EngineStatus } from './engines.ts'
import type { Settings } from './settings.ts'
import type { StoredClient } from './stored-client.ts'

/** What the console knows of the replication to its engines. */
interface Replication {
  /** Whether something was saved that the engines have not been told of. */
  readonly required: boolean
  /** When the engines were last told of everything. */
  readonly lastTime: string | undefined
  /** When something was last saved. */
  readonly lastUpdateTime: string
  readonly engines: readonly EngineStatus[]
}

/** All clients, once as saved in the console and once as the engines know them. */
export interface ClientStore {
  readonly clustered: boolean
  readonly get: (clientId: string) => StoredClient | undefined
  readonly list: () => Iterable<StoredClient>
  readonly save: (stored: StoredClient) => void
  readonly delete: (clientId: string) => void
  /** What logins and tokens at the first engine use, or at another one of a cluster. */
  readonly getPublished: (clientId: string, engine?: 0 | 1) => StoredClient | undefined
  /** Whether every engine has the client as it is saved. */
  readonly isReplicated: (clientId: string) => boolean
  readonly publish: () => void
  readonly replication: () => Replication
}

interface ClientStoreOptions {
  readonly clustered: boolean
  readonly settings: Settings
  readonly now: () => Date
}

/** An empty store; without a cluster every change is live at once. */
export function createClientStore({ clustered, settings, now }: ClientStoreOptions): ClientStore {
  const saved = new Map<string, StoredClient>()
  const first = createEngineNode(() => settings.engines[0], now)
  const second = createEngineNode(() => settings.engines[1], now)
  const engines = [first, second] as const
  let required = false
  let lastTime: string | undefined
  let lastUpdateTime = now().toISOString()

  function changed(clientId: string): void {
    lastUpdateTime = now().toISOString()
    if (!clustered) return
    const stored = saved.get(clientId)
    if (settings.replicateClientsOnSave && !isHeldBack(stored, settings)) {
      for (const engine of engines) engine.put(clientId, stored)
    } else required = true
  }

  return {
    clustered,
    get: clientId => saved.get(clientId),
    list: () => saved.values(),
    save(stored) {
      saved.set(stored.client.clientId, stored)
      changed(stored.client.clientId)
    },
    delete(clientId) {
      saved.delete(clientId)
      changed(clientId)
    },
    getPublished: (clientId, engine = 0) =>
      clustered ? engines[engine].find(clientId) : saved.get(clientId),
    isReplicated: clientId => engines.every(engine => engine.find(clientId) === saved.get(clientId)),
    publish() {
      settings.unreplicatedReferences = []
      const configuration = { clients: new Map(saved), timestamp: lastUpdateTime }
      for (const engine of engines) engine.notify(configuration)
      required = false
      lastTime = now().toISOString()
    },
    replication: () => ({
      required,
      lastTime,
      lastUpdateTime,
      engines: engines.map(engine => engine.status()),
    }),
  }
}

/** PingFederate hands over a client alone only when the engines have what it refers to. */
function isHeldBack(stored: StoredClient | undefined, { unreplicatedReferences }: Settings): boolean {
  const { defaultAccessTokenManagerRef, oidcPolicy } = stored?.client ?? {}
  return [defaultAccessTokenManagerRef?.id, oidcPolicy?.policyGroup?.id].some(
    id => id !== undefined && unreplicatedReferences.includes(id),
  )
}
