import type { ClientStore } from './client-store.ts'
import type { SecretCipher } from './encrypted-secret.ts'
import type { Settings } from './settings.ts'

/** A PingFederate with everything that its admin API works on. */
export interface Installation {
  readonly settings: Settings
  readonly store: ClientStore
  readonly cipher: SecretCipher
  readonly reservedClientIds: ReadonlySet<string>
  readonly now: () => Date
}
