import { randomUUIDv7 } from 'node:crypto'
import { toIdempotentRequest } from '../../src/journal/idempotency.ts'
import { runChange } from '../../src/journal/run.ts'
import { Secret } from '../../src/secret.ts'
import { deleteChange } from '../../src/web-session-clients/delete-change.ts'
import type { OpenJournal } from './journal.ts'

type Options = { clientId?: string; team?: string; key?: string; graceMinutes?: number }

/** Deletes a client as the route does: for a member of the team, and under a key where there is one. */
export const deleteClient = (
  { journal, secretKeys, store }: Pick<OpenJournal, 'journal' | 'secretKeys' | 'store'>,
  { clientId = 'pa_wam', team = 'payments', key, graceMinutes = 0 }: Options = {},
) => {
  const principal = {
    ...{ subject: 'remover', clientId: undefined, actingParties: [], teams: [team] },
    scopes: new Set<string>(),
  }
  return runChange(journal, deleteChange, {
    graceMinutes,
    ...{ clientId, team, retrievalId: null, rule: null, refusal: undefined },
    operationId: randomUUIDv7(),
    actor: { principal, requestId: 'request', address: null },
    idempotent:
      key === undefined
        ? undefined
        : toIdempotentRequest({
            kind: 'delete',
            key: new Secret(key),
            body: { clientId },
            now: store.now(),
            ...{ principal, secretKeys },
          }),
  })
}
