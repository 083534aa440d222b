import type { CompleteClient } from './defaults.ts'

/** A secret that is still accepted after its successor was set. */
export interface RetainedSecret {
  readonly secret: string
  readonly expiryTime: string
}

/** A client at rest; every change replaces the whole record, so that a snapshot is a copy of the map. */
export interface StoredClient {
  /** Without any secret. */
  readonly client: CompleteClient
  readonly secret: string | undefined
  readonly secondarySecrets: readonly RetainedSecret[]
  readonly creationDate: string
  readonly modificationDate: string
  readonly clientSecretChangedTime: string | undefined
}

/** All clients, once as saved in the console and once as the engines know them. */
export interface ClientStore {
  readonly clustered: boolean
  readonly get: (clientId: string) => StoredClient | undefined
  readonly list: () => Iterable<StoredClient>
  readonly save: (stored: StoredClient) => void
  readonly delete: (clientId: string) => void
  /** What the engines use: logins and tokens. */
  readonly getPublished: (clientId: string) => StoredClient | undefined
  readonly publish: () => void
  readonly replication: () => { readonly required: boolean; readonly lastTime: string | undefined }
}

interface ClientStoreOptions {
  readonly clustered: boolean
  readonly replicatesOnSave: () => boolean
  readonly now: () => Date
}

/** An empty store; without a cluster every change is live at once. */
export function createClientStore({ clustered, replicatesOnSave, now }: ClientStoreOptions): ClientStore {
  const saved = new Map<string, StoredClient>()
  let published = clustered ? new Map<string, StoredClient>() : saved
  let required = false
  let lastTime: string | undefined

  function changed(clientId: string): void {
    if (!clustered) return
    if (!replicatesOnSave()) {
      required = true
      return
    }
    const stored = saved.get(clientId)
    if (stored === undefined) published.delete(clientId)
    else published.set(clientId, stored)
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
    getPublished: clientId => published.get(clientId),
    publish() {
      published = new Map(saved)
      required = false
      lastTime = now().toISOString()
    },
    replication: () => ({ required, lastTime }),
  }
}
