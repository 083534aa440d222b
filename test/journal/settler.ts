import type { Store } from '../../src/database/store.ts'
import { readOperation } from '../../src/journal/read-operation.ts'
import { settleOperation } from '../../src/journal/settle.ts'
import type { PingFederate } from '../../src/pingfederate/ping-federate.ts'
import { kinds } from '../../src/web-session-clients/client-journal.ts'
import { audited } from '../audit/audited.ts'
import { actor } from './begun.ts'

/** Settles the one operation; `looked` counts how often PingFederate, which has no such client, was asked. */
export const createSettler = (store: Store, answer: () => Promise<undefined> = async () => undefined) => {
  let looked = 0
  const settle = async () =>
    settleOperation(
      {
        store: audited(store),
        upstream: {
          pingFederate: {
            findClient: async () => {
              looked += 1
              return answer()
            },
          } as unknown as PingFederate,
          replication: {
            statusAfterSave: async () => 'ready' as const,
            findStatusOf: async () => 'ready' as const,
            publish: async () => true,
          },
          ...{ isPublishing: false, pingAccess: undefined },
        },
        kinds,
        timeoutMs: 10_000,
      },
      await readOperation(store.db, 'operation'),
      actor,
    )
  return { settle, looked: () => looked }
}
