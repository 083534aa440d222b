import { actorOfService } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { ClientRow } from '../database/schema.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { findComparable, findUnseen, pairWithRows } from './drift-rows.ts'
import { compare, toDriftState } from './find-ours.ts'
import { markDrift } from './mark-drift.ts'
import type { Visitor } from './walk-clients.ts'

type Dependencies = {
  store: AuditedStore
  pingFederate: Pick<PingFederate, 'findClient'>
  newId: () => string
  /** Waits before a call, until the signal comes at most. */
  pause: (signal: AbortSignal) => Promise<void>
}

/**
 * Compares every client of a walk with what was set, and keeps what it finds: what has drifted, what is as it was set
 * again, and, after a complete walk, what is missing. It writes nothing to PingFederate and skips clients that are being
 * changed.
 * @throws PingFederateFailure when PingFederate cannot be asked; at the end when it has not told of a client what it has
 */
export const sweepDrift = (dependencies: Dependencies, signal: AbortSignal): Visitor => {
  const { store } = dependencies
  const beganAt = new Date(store.now()).toISOString()
  const { look, refuse } = createLook(dependencies, signal)
  // Of this service's clients only: six megabytes for a hundred thousand.
  const seen = new Set<string>()
  const lookForUnseen = async (): Promise<void> => {
    for await (const clientId of findUnseen(store, { seen, beganAt })) {
      const row = await findComparable(store, clientId)
      if (row) await look(row)
      if (signal.aborted) return
    }
  }
  return {
    visit: async clients => {
      for (const { row, found } of await pairWithRows(store, clients)) {
        seen.add(row.client_id)
        if (row.isHeld) continue
        if (toDriftState(await compare(store.db, found, row)) !== row.drift) await look(row)
      }
    },
    end: async isComplete => {
      if (isComplete && !signal.aborted) await lookForUnseen()
      refuse()
    },
  }
}

/**
 * A page can be old by the time it is compared, and a client can slip from one page to another between the two, so a
 * single look decides. Each waits for the pause, so that a change of very many clients at once crowds nobody out.
 */
const createLook = ({ store, pingFederate, newId, pause }: Dependencies, signal: AbortSignal) => {
  const actor = actorOfService('drift', newId())
  let unread: PingFederateFailure | undefined
  const findState = async (row: ClientRow) => {
    const found = await pingFederate.findClient(row.client_id)
    return found ? toDriftState(await compare(store.db, found, row)) : 'missing'
  }
  return {
    look: async (row: ClientRow): Promise<void> => {
      await pause(signal)
      if (signal.aborted) return
      try {
        const state = await findState(row)
        if (state !== row.drift) await markDrift(store, actor, row, state)
      } catch (error) {
        // The page of a proxy says nothing of this client, and others may be answered all the same.
        if (!(error instanceof PingFederateFailure) || error.kind !== 'unexpected') throw error
        unread = error
      }
    },
    refuse: (): void => {
      if (unread) throw unread
    },
  }
}
