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
