import { type AuditedStore, announceAuditEvents } from '../../src/audit/record.ts'
import type { Store } from '../../src/database/store.ts'

/** A store that records events and tells nobody. */
export const audited = (store: Store): AuditedStore =>
  announceAuditEvents(store, { announce: () => undefined, onFailure: () => undefined })
